/* What must hold of every ABI that was read, for the fuzz targets that read some: its types are within bounds, and its
 * items, written as signatures, are read as the same.
 * Owns nothing. One thread, libFuzzer's or the replay's. */
#ifndef DAPPD_TESTS_ABI_ROUND_TRIP_H
#define DAPPD_TESTS_ABI_ROUND_TRIP_H

#include <assert.h>
#include <string.h>

#include "eth/abi_read.h"

enum { ABI_ARENA_BYTES = 64 * 1024 * 1024, ABI_WRITTEN_MAX = 32 * 1024 * 1024 };

static inline void check_params(const struct abi_params *params);

static inline void check_type(const struct abi_type *type) {
    assert(type->head_bytes >= 32 && type->head_bytes <= ABI_MAX_HEAD_BYTES && type->head_bytes % 32 == 0);
    assert(!type->dynamic || type->head_bytes == 32);
    assert(type->depth <= ABI_MAX_DEPTH);
    assert((type->depth > 0) == (type->kind == ABI_ARRAY || type->kind == ABI_TUPLE));
    if (type->kind == ABI_ARRAY) {
        assert(type->length == ABI_ANY_LENGTH || type->length >= 1);
        assert(type->depth == type->item->depth + 1);
        assert(type->dynamic == (type->item->dynamic || type->length == ABI_ANY_LENGTH));
        check_type(type->item);
    }
    if (type->kind == ABI_TUPLE) {
        assert(type->components.n > 0);
        check_params(&type->components);
    }
}

static inline void check_params(const struct abi_params *params) {
    assert(params->n <= ABI_MAX_PARAMS && (params->n > 0 || !params->named));
    for (size_t i = 0; i < params->n; i++) check_type(&params->list[i].type);
}

static inline void check_same_item(const struct abi_item *a, const struct abi_item *b) {
    assert(a->kind == b->kind && a->anonymous == b->anonymous);
    assert(strcmp(a->name, b->name) == 0 && strcmp(a->signature, b->signature) == 0);
    assert(hash32_equal(&a->hash, &b->hash));
    bool runs = a->kind == ABI_ITEM_FUNCTION || a->kind == ABI_ITEM_CONSTRUCTOR;
    assert(!runs || a->mutability == b->mutability);
    assert(a->inputs.n == b->inputs.n && a->outputs.n == b->outputs.n);
}

static inline void check_item(const struct abi_item *item) {
    const struct abi_item *again;
    char problem[ABI_PROBLEM_BYTES];
    struct buf once, twice;
    struct arena *arena = arena_new(ABI_ARENA_BYTES);
    check_params(&item->inputs);
    check_params(&item->outputs);
    buf_init(&once, ABI_WRITTEN_MAX);
    buf_init(&twice, ABI_WRITTEN_MAX);
    abi_write_signature(&once, item);
    enum err err = abi_read_signature(&again, arena, problem, once.data, once.len);
    assert(err == ERR_OK);
    check_same_item(item, again);
    abi_write_signature(&twice, again);
    assert(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    buf_free(&once);
    buf_free(&twice);
    arena_free(arena);
}

static inline void check_abi(enum err err, const struct abi *abi, const char problem[ABI_PROBLEM_BYTES]) {
    assert(err == ERR_OK || err == ERR_INVALID_ABI || err == ERR_OVERLOADED);
    assert(err == ERR_OK || strnlen(problem, ABI_PROBLEM_BYTES) < ABI_PROBLEM_BYTES);
    assert(abi == NULL || abi->n_items <= ABI_MAX_ITEMS);
    for (size_t i = 0; err == ERR_OK && i < abi->n_items; i++) check_item(&abi->items[i]);
}

#endif
