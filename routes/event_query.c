/* Filters of events, from path and query. Stateless; the request's coroutine. */
#include "event_query.h"

#include <stdio.h>
#include <string.h>

#include "params.h"
#include "services/cursor.h"

enum { TOPIC_NAME_BYTES = 8 };

static const char argument_prefix[] = "arg.";
enum { PREFIX_BYTES = sizeof argument_prefix - 1 };

static enum err read_topics(struct request *req, struct event_filter *out) {
    for (unsigned i = 0; i < LOG_MAX_TOPICS; i++) {
        char name[TOPIC_NAME_BYTES];
        struct slice text;
        (void)snprintf(name, sizeof name, "topic%u", i);
        out->has_topic[i] = request_query(req, &text, name);
        if (!out->has_topic[i]) continue;
        enum err err = params_parse_hash(&req->task, &out->topics[i], text, name);
        if (err != ERR_OK) return err;
    }
    return ERR_OK;
}

static void read_arguments(const struct request *req, struct event_query *out) {
    for (size_t i = 0; i < req->n_query; i++) {
        const struct query_arg *arg = &req->query[i];
        if (arg->name.len <= PREFIX_BYTES || memcmp(arg->name.p, argument_prefix, PREFIX_BYTES) != 0) continue;
        out->args[out->question.n_args++] = (struct event_argument){.name = arg->name.p + PREFIX_BYTES,
                                                                    .name_len = arg->name.len - PREFIX_BYTES,
                                                                    .value = arg->value.p,
                                                                    .value_len = arg->value.len};
    }
    out->question.args = out->args;
}

static enum err read_order(struct request *req, bool *newest_first) {
    struct slice order = {"desc", 4};
    (void)request_query(req, &order, "order");
    *newest_first = slice_is(order, "desc");
    if (*newest_first || slice_is(order, "asc")) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "order \"%.*s\" is not asc or desc", slice_shown(order),
                     order.p);
}

enum err event_query_read(struct request *req, struct event_query *out) {
    struct event_filter *filter = &out->question.filter;
    struct slice event;
    *out = (struct event_query){.question.n_args = 0};
    enum err err = params_address(req, &filter->contract, 0, "address");
    if (err == ERR_OK) err = params_block_range(req, &filter->from_block, &filter->to_block);
    if (err == ERR_OK) err = read_topics(req, filter);
    if (err == ERR_OK) err = read_order(req, &filter->newest_first);
    if (err != ERR_OK) return err;
    read_arguments(req, out);
    if (!request_query(req, &event, "event")) return ERR_OK;
    out->question.event = event.p;
    out->question.event_len = event.len;
    return ERR_OK;
}

static void write_number(struct buf *out, uint64_t value) {
    uint8_t bytes[8];
    (void)cursor_put(bytes, value, sizeof bytes);
    buf_append(out, bytes, sizeof bytes);
}

static void write_text(struct buf *out, const char *text, size_t len) {
    write_number(out, len);
    buf_append(out, text, len);
}

void event_query_write(struct buf *out, const struct event_question *question) {
    const struct event_filter *filter = &question->filter;
    buf_append(out, filter->contract.bytes, sizeof filter->contract.bytes);
    write_number(out, filter->from_block);
    write_number(out, filter->to_block);
    write_number(out, filter->newest_first);
    for (unsigned i = 0; i < LOG_MAX_TOPICS; i++) {
        write_number(out, filter->has_topic[i]);
        buf_append(out, filter->topics[i].bytes, sizeof filter->topics[i].bytes);
    }
    write_number(out, question->event != NULL);
    write_text(out, question->event != NULL ? question->event : "", question->event_len);
    for (size_t i = 0; i < question->n_args; i++) {
        write_text(out, question->args[i].name, question->args[i].name_len);
        write_text(out, question->args[i].value, question->args[i].value_len);
    }
}
