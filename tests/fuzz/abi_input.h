/* What the fuzzers of eth/abi_value take: a line with a signature, then data or JSON. Owns the arena and the output
 * between a begin and its end. One thread, libFuzzer's or the replay's. */
#ifndef DAPPD_FUZZ_ABI_INPUT_H
#define DAPPD_FUZZ_ABI_INPUT_H

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "eth/abi_read.h"
#include "eth/abi_value.h"

enum { ABI_INPUT_MAX_BYTES = 8 * 1024 * 1024 };

struct abi_input {
    struct arena *arena;
    const struct abi_item *item;
    const uint8_t *rest;
    size_t len;
    char problem[ABI_PROBLEM_BYTES];
};

/* Returns false when there is no such item. */
static inline bool abi_input_begin(struct abi_input *in, const uint8_t *data, size_t size) {
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    if (end == NULL) return false;
    in->rest = end + 1;
    in->len = size - (size_t)(in->rest - data);
    in->arena = arena_new(ABI_INPUT_MAX_BYTES);
    enum err err = abi_read_signature(&in->item, in->arena, in->problem, (const char *)data, (size_t)(end - data));
    if (err != ERR_OK) arena_free(in->arena);
    return err == ERR_OK;
}

static inline void abi_input_end(struct abi_input *in) {
    arena_free(in->arena);
}

/* Decodes what was encoded, and encodes it again: the bytes are the same. */
static inline void abi_input_check_encoding(struct abi_input *in, const struct abi_params *params,
                                            const struct buf *encoded) {
    struct buf text, again;
    buf_init(&text, 64 * ABI_INPUT_MAX_BYTES);
    buf_init(&again, ABI_INPUT_MAX_BYTES);
    enum err err = abi_decode(&text, in->problem, params, (const uint8_t *)encoded->data, encoded->len);
    assert(err == ERR_OK);
    json_t *values = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL);
    err = abi_encode(&again, in->problem, params, values);
    assert(err == ERR_OK && again.len == encoded->len);
    assert(again.len == 0 || memcmp(again.data, encoded->data, again.len) == 0);
    json_decref(values);
    buf_free(&text);
    buf_free(&again);
}

#endif
