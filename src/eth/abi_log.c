/* Nothing names an anonymous event: that a log is one follows from what it can be decoded as. Owns nothing; the buffer
 * is the caller's.
 * Any thread: pure functions. */
#include "eth/abi_log.h"

#include "eth/abi_value.h"

struct log {
    const hash32 *topics;
    size_t n_topics;
    const uint8_t *data;
    size_t len;
};

/* Returns false when the log is not of this event. */
static bool decode(struct buf *args, const struct abi_item *event, const struct log *log) {
    char problem[ABI_PROBLEM_BYTES];
    enum err err = abi_decode_event(args, problem, event, log->topics, log->n_topics, log->data, log->len);
    return err == ERR_OK || err == ERR_OVERLOADED;
}

static const struct abi_item *find_signed(struct buf *args, const struct abi *abi, const struct log *log) {
    const struct abi_item *event = abi_find_event(abi, log->topics, log->n_topics);
    return event != NULL && decode(args, event, log) ? event : NULL;
}

static const struct abi_item *find_anonymous(struct buf *args, const struct abi *abi, const struct log *log) {
    const size_t before = args->len;
    const struct abi_item *found = NULL;
    for (size_t i = 0; i < abi->n_items; i++) {
        const struct abi_item *item = &abi->items[i];
        if (item->kind != ABI_ITEM_EVENT || !item->anonymous || !decode(args, item, log)) continue;
        if (found != NULL) {
            args->len = before;
            return NULL;
        }
        found = item;
    }
    return found;
}

const struct abi_item *abi_read_log(struct buf *args, const struct abi *abi, const hash32 *topics, size_t n_topics,
                                    const uint8_t *data, size_t len) {
    const struct log log = {topics, n_topics, data, len};
    const struct abi_item *event = find_signed(args, abi, &log);
    return event != NULL ? event : find_anonymous(args, abi, &log);
}
