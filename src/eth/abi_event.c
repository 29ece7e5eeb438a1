/* The arguments of a log: indexed ones are topics, all others are data. Owns nothing; the output is the caller's.
 * Any thread: pure functions. Source: Solidity ABI specification, "Events". */
#include "abi_reader.h"
#include "eth/abi_value.h"

static const struct abi_place root = {.name = "args"};

/* How many topics a log of the event has, and how much of its data the heads of the other arguments are. */
static void measure(size_t *n_topics, size_t *head_bytes, const struct abi_item *event) {
    *n_topics = event->anonymous ? 0 : 1;
    *head_bytes = 0;
    for (size_t i = 0; i < event->inputs.n; i++) {
        const struct abi_param *param = &event->inputs.list[i];
        if (param->indexed) {
            ++*n_topics;
        } else {
            *head_bytes += param->type.head_bytes;
        }
    }
}

static enum err read_topic(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                           const hash32 *topic) {
    if (abi_is_word(type)) return abi_reader_word(reader, place, type, topic->bytes);
    json_out_hex(&reader->json, topic->bytes, sizeof topic->bytes);
    return ERR_OK;
}

/* In: the topic of the first indexed argument; the heads have been taken. */
static enum err read_args(struct abi_reader *reader, const struct abi_params *params, const hash32 *topic) {
    enum err err = ERR_OK;
    size_t at = 0;
    abi_reader_open(reader, params);
    for (size_t i = 0; i < params->n && err == ERR_OK; i++) {
        const struct abi_param *param = &params->list[i];
        struct abi_place place = abi_place_of(&root, params, i);
        abi_reader_name(reader, params, i);
        if (param->indexed) {
            err = read_topic(reader, &place, &param->type, topic++);
        } else {
            err = abi_reader_value(reader, &place, &param->type, 0, at);
            at += param->type.head_bytes;
        }
    }
    if (err == ERR_OK) abi_reader_close(reader, params);
    return err;
}

static enum err read_log(struct abi_reader *reader, const struct abi_item *event, const hash32 *topics,
                         size_t n_topics) {
    size_t wanted, head_bytes;
    measure(&wanted, &head_bytes, event);
    if (n_topics != wanted) {
        return abi_fail(reader->problem, ERR_ABI_MISMATCH, &root, "have %zu topics, not %zu", n_topics, wanted);
    }
    if (!event->anonymous && !hash32_equal(&topics[0], &event->hash)) {
        return abi_fail(reader->problem, ERR_ABI_MISMATCH, &root, "are another event's");
    }
    enum err err = abi_reader_take(reader, &root, 0, head_bytes);
    return err == ERR_OK ? read_args(reader, &event->inputs, event->anonymous ? topics : topics + 1) : err;
}

enum err abi_decode_event(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_item *event,
                          const hash32 *topics, size_t n_topics, const uint8_t *data, size_t len) {
    struct abi_reader reader;
    if (out->failed) return ERR_OVERLOADED;
    abi_reader_init(&reader, out, problem, data, len);
    return abi_reader_end(&reader, read_log(&reader, event, topics, n_topics));
}
