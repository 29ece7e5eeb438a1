/* Shared parsing of path and query parameters. Stateless; the request's coroutine. */
#include "params.h"

#include <stdio.h>

#include "app.h"
#include "core/decimal.h"
#include "services/chain_service.h"

enum err params_parse_address(struct task *task, address *out, struct slice text, const char *name) {
    enum err err = address_parse(out, text.p, text.len);
    if (err == ERR_CHECKSUM_MISMATCH) {
        return task_fail(task, err, "%s \"%.*s\" fails its EIP-55 checksum: look for a typo, or write it in lower case",
                         name, slice_shown(text), text.p);
    }
    if (err != ERR_OK) {
        return task_fail(task, err, "%s \"%.*s\" is not 0x and 40 hex digits", name, slice_shown(text), text.p);
    }
    return ERR_OK;
}

enum err params_parse_hash(struct task *task, hash32 *out, struct slice text, const char *name) {
    if (hash32_parse(out, text.p, text.len) == ERR_OK) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER, "%s \"%.*s\" is not 0x and 64 hex digits", name, slice_shown(text),
                     text.p);
}

enum err params_parse_block(struct task *task, struct block_spec *out, struct slice text) {
    enum err err = block_spec_parse(out, text.p, text.len);
    if (err == ERR_OK) return ERR_OK;
    return task_fail(task, err, "block \"%.*s\" is not latest, safe, finalized, a number or a block hash",
                     slice_shown(text), text.p);
}

enum err params_address(struct request *req, address *out, size_t index, const char *name) {
    return params_parse_address(&req->task, out, req->params[index], name);
}

enum err params_hash(struct request *req, hash32 *out, size_t index, const char *name) {
    return params_parse_hash(&req->task, out, req->params[index], name);
}

struct source params_source_of(const struct app *app, size_t i) {
    return (struct source){
        .chain = app->chains[i], .cache = app->cache, .index = app->index_status != NULL ? app->index_status[i] : NULL};
}

/* Out: *index, n_chains when there is none. Names are known before any node has told an id, and come first. */
static enum err find_chain(struct task *task, const struct app *app, struct slice text, size_t *index) {
    uint64_t id;
    for (*index = 0; *index < app->n_chains; ++*index) {
        if (slice_is(text, chain_name(app->chains[*index]))) return ERR_OK;
    }
    if (!decimal_parse_u64(&id, text.p, text.len)) return ERR_OK;
    return chain_service_find(task, app->chains, app->n_chains, id, index);
}

enum err params_source(struct request *req, struct source *out) {
    const struct app *app = req->app;
    struct slice text;
    size_t i = 0;
    if (request_query(req, &text, "chain")) {
        enum err err = find_chain(&req->task, app, text, &i);
        if (err != ERR_OK) return err;
    }
    if (i < app->n_chains) {
        *out = params_source_of(app, i);
        return ERR_OK;
    }
    return task_fail(&req->task, ERR_INVALID_PARAMETER,
                     "chain \"%.*s\" is not configured; GET /chains lists those that are", slice_shown(text), text.p);
}

enum err params_block(struct request *req, struct block_spec *out) {
    struct slice text;
    *out = (struct block_spec){.kind = BLOCK_LATEST};
    if (!request_query(req, &text, "block")) return ERR_OK;
    return params_parse_block(&req->task, out, text);
}

static enum err read_block_number(struct request *req, uint64_t *out, const char *name) {
    struct slice text;
    if (!request_query(req, &text, name) || decimal_parse_u64(out, text.p, text.len)) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "%s \"%.*s\" is not a block number", name, slice_shown(text),
                     text.p);
}

enum err params_block_range(struct request *req, uint64_t *from, uint64_t *to) {
    *from = 0;
    *to = UINT64_MAX;
    enum err err = read_block_number(req, from, "from_block");
    if (err == ERR_OK) err = read_block_number(req, to, "to_block");
    if (err == ERR_OK && *from > *to) {
        return task_fail(&req->task, ERR_INVALID_PARAMETER, "from_block is above to_block");
    }
    return err;
}
