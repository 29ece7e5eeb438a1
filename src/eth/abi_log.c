/* Events of one signature may differ in what is indexed, as ERC-20's and ERC-721's Transfer do, and nothing names an
 * anonymous one: what a log is follows from what it can be decoded as. Owns nothing; the buffer is the caller's.
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

static bool is_candidate(const struct abi_item *item, const struct log *log, bool anonymous) {
    if (item->kind != ABI_ITEM_EVENT || item->anonymous != anonymous) return false;
    return anonymous || (log->n_topics > 0 && hash32_equal(&item->hash, &log->topics[0]));
}

static const struct abi_item *find_signed(struct buf *args, const struct abi *abi, const struct log *log) {
    for (size_t i = 0; i < abi->n_items; i++) {
        if (is_candidate(&abi->items[i], log, false) && decode(args, &abi->items[i], log)) return &abi->items[i];
    }
    return NULL;
}

static const struct abi_item *find_anonymous(struct buf *args, const struct abi *abi, const struct log *log) {
    const size_t before = args->len;
    const struct abi_item *found = NULL;
    for (size_t i = 0; i < abi->n_items; i++) {
        if (!is_candidate(&abi->items[i], log, true)) continue;
        if (!decode(args, &abi->items[i], log)) continue;
        if (found != NULL) {
            args->len = before;
            return NULL;
        }
        found = &abi->items[i];
    }
    return found;
}

const struct abi_item *abi_read_log(struct buf *args, const struct abi *abi, const hash32 *topics, size_t n_topics,
                                    const uint8_t *data, size_t len) {
    const struct log log = {topics, n_topics, data, len};
    const struct abi_item *event = find_signed(args, abi, &log);
    return event != NULL ? event : find_anonymous(args, abi, &log);
}
