/* A log shows what it is made of, and what that means where the contract's ABI tells. Owns nothing; any thread. */
#include "event_json.h"

#include "eth/abi_builtin.h"
#include "eth/abi_log.h"

enum { MAX_ARGS_BYTES = 1024 * 1024 }; /* of one log */

/* In: args, empty where they are longer than anybody wants. */
static void write_meaning(struct json_out *out, const struct abi_item *event, const struct buf *args) {
    json_out_key_str(out, "name", event != NULL ? event->name : NULL);
    json_out_key_str(out, "signature", event != NULL ? event->signature : NULL);
    json_out_key(out, "args");
    if (args->len > 0) {
        json_out_raw(out, args->data, args->len);
    } else {
        json_out_null(out);
    }
}

static void write_topics(struct json_out *out, const struct event_log *log) {
    char text[HASH32_TEXT_BYTES];
    json_out_key(out, "topics");
    json_out_array_begin(out);
    for (unsigned i = 0; i < log->n_topics; i++) json_out_str(out, hash32_format(text, &log->topics[i]));
    json_out_array_end(out);
}

static const struct abi_item *read_log(struct buf *args, const struct abi *abi, const struct event_log *log) {
    return abi_read_log(args, abi, log->topics, log->n_topics, log->data, log->data_len);
}

/* Of a contract that nobody has registered, an event has to have its name among the topics. */
static const struct abi_item *find_event(struct buf *args, const struct abi *abi, const struct event_log *log) {
    const struct abi_item *event = abi != NULL ? read_log(args, abi, log) : NULL;
    if (event != NULL) return event;
    event = read_log(args, &abi_builtin, log);
    if (event == NULL || !event->anonymous) return event;
    buf_clear(args);
    return NULL;
}

void event_json_write(struct json_out *out, const struct event_log *log, const struct abi *abi) {
    char text[ADDRESS_TEXT_BYTES];
    struct buf args;
    buf_init(&args, MAX_ARGS_BYTES);
    json_out_key_str(out, "address", address_format(text, &log->contract));
    const struct abi_item *event = find_event(&args, abi, log);
    write_meaning(out, event, &args);
    write_topics(out, log);
    json_out_key(out, "data");
    json_out_hex(out, log->data, log->data_len);
    buf_free(&args);
}
