/* Finds what an ABI has, by what calls, logs and people name it with.
 * Owns nothing: the ABI is whoever's read it.
 * Any thread: pure functions. */
#include "eth/abi_type.h"

#include <string.h>

enum { SELECTOR_BYTES = 4 };

const struct abi_item *abi_find_selector(const struct abi *abi, enum abi_item_kind kind,
                                         const uint8_t selector[SELECTOR_BYTES]) {
    for (size_t i = 0; i < abi->n_items; i++) {
        const struct abi_item *item = &abi->items[i];
        if (item->kind == kind && memcmp(item->hash.bytes, selector, SELECTOR_BYTES) == 0) return item;
    }
    return NULL;
}

static size_t count_indexed(const struct abi_params *params) {
    size_t n = 0;
    for (size_t i = 0; i < params->n; i++) n += params->list[i].indexed ? 1 : 0;
    return n;
}

const struct abi_item *abi_find_event(const struct abi *abi, const hash32 *topics, size_t n_topics) {
    for (size_t i = 0; i < abi->n_items && n_topics > 0; i++) {
        const struct abi_item *item = &abi->items[i];
        if (item->kind != ABI_ITEM_EVENT || item->anonymous || !hash32_equal(&item->hash, topics)) continue;
        if (count_indexed(&item->inputs) == n_topics - 1) return item;
    }
    return NULL;
}

static bool equals(const char *text, const char *name, size_t len) {
    return strlen(text) == len && memcmp(text, name, len) == 0;
}

const struct abi_item *abi_next_named(const struct abi *abi, enum abi_item_kind kind, const char *name, size_t len,
                                      const struct abi_item *after) {
    for (size_t i = after == NULL ? 0 : (size_t)(after - abi->items) + 1; i < abi->n_items; i++) {
        const struct abi_item *item = &abi->items[i];
        if (item->kind != kind) continue;
        if (equals(item->name, name, len) || equals(item->signature, name, len)) return item;
    }
    return NULL;
}

const struct abi_item *abi_find_constructor(const struct abi *abi) {
    for (size_t i = 0; i < abi->n_items; i++) {
        if (abi->items[i].kind == ABI_ITEM_CONSTRUCTOR) return &abi->items[i];
    }
    return NULL;
}
