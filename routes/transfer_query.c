/* Filters of transfers, from path and query. Stateless; the request's coroutine. */
#include "transfer_query.h"

#include <string.h>

#include "core/timestamp.h"
#include "params.h"
#include "services/cursor.h"

static enum err read_address(struct request *req, bool *has, address *out, const char *name) {
    struct slice text;
    *has = request_query(req, &text, name);
    return *has ? params_parse_address(&req->task, out, text, name) : ERR_OK;
}

static enum err read_time(struct request *req, bool *has, bool *is_cut, uint64_t *out, const char *name) {
    struct slice text;
    *has = request_query(req, &text, name);
    if (!*has || timestamp_parse(out, is_cut, text.p, text.len)) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER,
                     "%s \"%.*s\" is neither unix seconds nor a time such as 2024-01-31T12:00:00Z", name,
                     slice_shown(text), text.p);
}

static enum err read_times(struct request *req, struct transfer_filter *out) {
    bool is_cut = false, ignored = false;
    enum err err = read_time(req, &out->has_since, &is_cut, &out->since, "since");
    if (err == ERR_OK) err = read_time(req, &out->has_until, &ignored, &out->until, "until");
    if (err != ERR_OK) return err;
    if (is_cut) out->since++; /* blocks have whole seconds */
    if (out->has_since && out->has_until && out->since > out->until) {
        return task_fail(&req->task, ERR_INVALID_PARAMETER, "since is later than until");
    }
    return ERR_OK;
}

enum err transfer_query_read(struct request *req, struct transfer_filter *out) {
    *out = (struct transfer_filter){0};
    enum err err = read_address(req, &out->has_from, &out->from, "from");
    if (err == ERR_OK) err = read_address(req, &out->has_to, &out->to, "to");
    if (err == ERR_OK) err = read_address(req, &out->has_token, &out->token, "token");
    if (err == ERR_OK) err = params_block_range(req, &out->from_block, &out->to_block);
    return err != ERR_OK ? err : read_times(req, out);
}

enum err transfer_query_read_party(struct request *req, struct transfer_filter *out) {
    address party;
    struct slice direction = {"both", 4};
    enum err err = params_address(req, &party, 0, "address");
    if (err != ERR_OK) return err;
    (void)request_query(req, &direction, "direction");
    out->has_from = slice_is(direction, "out");
    out->has_to = slice_is(direction, "in");
    out->has_party = slice_is(direction, "both");
    if (out->has_from) out->from = party;
    if (out->has_to) out->to = party;
    if (out->has_party) out->party = party;
    if (out->has_from || out->has_to || out->has_party) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "direction \"%.*s\" is not in, out or both",
                     slice_shown(direction), direction.p);
}

enum err transfer_query_read_token(struct request *req, struct transfer_filter *out) {
    out->has_token = true;
    return params_address(req, &out->token, 0, "token");
}

static uint8_t *write_address(uint8_t *p, bool has, const address *a) {
    p = cursor_put(p, has, 1);
    memcpy(p, a->bytes, sizeof a->bytes);
    return p + sizeof a->bytes;
}

void transfer_filter_write(uint8_t out[TRANSFER_FILTER_BYTES], const struct transfer_filter *filter) {
    uint8_t *p = write_address(out, filter->has_party, &filter->party);
    p = write_address(p, filter->has_from, &filter->from);
    p = write_address(p, filter->has_to, &filter->to);
    p = write_address(p, filter->has_token, &filter->token);
    p = cursor_put(p, filter->from_block, 8);
    p = cursor_put(p, filter->to_block, 8);
    p = cursor_put(p, filter->has_since, 1);
    p = cursor_put(p, filter->since, 8);
    p = cursor_put(p, filter->has_until, 1);
    (void)cursor_put(p, filter->until, 8);
}
