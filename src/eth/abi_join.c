/* Calls and logs are read by one list of items, whoever registered them. Memory is the caller's arena.
 * Any thread: pure functions. */
#include "eth/abi_join.h"

#include <string.h>

static bool has_item(const struct abi *abi, const struct abi_item *item) {
    for (size_t i = 0; i < abi->n_items; i++) {
        const struct abi_item *one = &abi->items[i];
        if (one->kind == item->kind && hash32_equal(&one->hash, &item->hash)) return true;
    }
    return false;
}

const struct abi *abi_join(struct arena *arena, const struct abi *own, const struct abi *behind) {
    struct abi *abi = arena_alloc(arena, sizeof *abi);
    struct abi_item *items = arena_alloc(arena, (own->n_items + behind->n_items) * sizeof *items);
    if (abi == NULL || items == NULL) return own;
    size_t n = own->n_items;
    if (n > 0) memcpy(items, own->items, n * sizeof *items);
    for (size_t i = 0; i < behind->n_items; i++) {
        const struct abi_item *item = &behind->items[i];
        if (item->kind != ABI_ITEM_CONSTRUCTOR && !has_item(own, item)) items[n++] = *item;
    }
    *abi = (struct abi){.items = items, .n_items = n};
    return abi;
}
