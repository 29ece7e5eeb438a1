/* Reads numbers, bytes, addresses and blocks out of JSON. Memory is the task's arena; the request's coroutine. */
#include "chain_value.h"

#include <jansson.h>
#include <stdio.h>

#include "body.h"
#include "eth/hex.h"
#include "params.h"

static struct slice text_of(const json_t *value) {
    return (struct slice){json_string_value(value), json_string_length(value)};
}

enum err chain_value_address(struct task *task, address *out, const json_t *value, const char *name) {
    if (!json_is_string(value)) return task_fail(task, ERR_INVALID_ADDRESS, "%s is not a string", name);
    return params_parse_address(task, out, text_of(value), name);
}

static bool read_number(u256 *out, const json_t *value) {
    const struct slice text = text_of(value);
    if (json_is_integer(value)) {
        const json_int_t number = json_integer_value(value);
        *out = u256_from_u64((uint64_t)number);
        return number >= 0 && number <= BODY_MAX_INTEGER;
    }
    if (text.p == NULL) return false;
    return u256_from_hex(out, text.p, text.len) == ERR_OK || u256_from_dec(out, text.p, text.len) == ERR_OK;
}

enum err chain_value_u256(struct task *task, u256 *out, const json_t *value, const char *name) {
    if (read_number(out, value)) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER,
                     "%s is not a number below 2^256: as a string, decimal or 0x-hex, or an integer up to 2^53 - 1",
                     name);
}

enum err chain_value_u64(struct task *task, uint64_t *out, const json_t *value, const char *name) {
    u256 number;
    if (read_number(&number, value) && u256_fits_u64(&number)) {
        *out = number.limb[0];
        return ERR_OK;
    }
    return task_fail(task, ERR_INVALID_PARAMETER,
                     "%s is not a number below 2^64: as a string, decimal or 0x-hex, or an integer up to 2^53 - 1",
                     name);
}

enum err chain_value_bytes(struct task *task, const uint8_t **out, size_t *len, const json_t *value, size_t max,
                           const char *name) {
    const struct slice text = text_of(value);
    if (text.len > 2 * max + 2) {
        return task_fail(task, ERR_INVALID_PARAMETER, "%s is longer than %zu bytes", name, max);
    }
    uint8_t *bytes = arena_alloc(task->arena, text.len / 2 + 1);
    if (bytes == NULL) return task_fail_memory(task);
    if (text.p == NULL || hex_decode(bytes, text.len / 2, len, text.p, text.len) != ERR_OK) {
        return task_fail(task, ERR_INVALID_PARAMETER, "%s is not a string of 0x and two hex digits for each byte",
                         name);
    }
    *out = bytes;
    return ERR_OK;
}

enum err chain_value_hash(struct task *task, hash32 *out, const json_t *value, const char *name) {
    const struct slice text = text_of(value);
    if (text.p != NULL && hash32_parse(out, text.p, text.len) == ERR_OK) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER, "%s is not a string of 0x and 64 hex digits", name);
}

enum err chain_value_block(struct task *task, struct block_spec *out, const json_t *value) {
    char digits[24];
    struct slice text = text_of(value);
    *out = (struct block_spec){.kind = BLOCK_LATEST};
    if (value == NULL || json_is_null(value)) return ERR_OK;
    if (json_is_integer(value)) {
        int len = snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
        text = (struct slice){digits, (size_t)len};
    }
    if (text.p == NULL) return task_fail(task, ERR_INVALID_PARAMETER, "block is neither a string nor an integer");
    return params_parse_block(task, out, text);
}
