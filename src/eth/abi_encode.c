/* JSON in, calldata out. What is dynamic is written behind the head it is named in, so everything is appended once and
 * only offsets are filled in afterwards. Owns nothing; the output is the caller's.
 * Any thread: pure functions. Source: Solidity ABI specification. */
#include <jansson.h>
#include <string.h>

#include "abi_integer.h"
#include "abi_argument.h"
#include "eth/abi_value.h"

enum { SELECTOR_BYTES = 4 };

/* The value of a type, and where it goes: what is in place stands at `at` already, what is dynamic is appended. */
struct value {
    struct abi_argument where;
    const struct abi_type *type;
    const json_t *json;
};

/* Appends n zero bytes. Returns false past the maximum. */
static bool reserve(size_t *at, struct buf *out, size_t n) {
    *at = out->len;
    char *bytes = buf_extend(out, n);
    if (bytes != NULL) memset(bytes, 0, n);
    return bytes != NULL;
}

/* In: a word that is zero still. */
static void put_size(struct buf *out, size_t at, size_t size) {
    for (size_t i = 0; i < sizeof size; i++) out->data[at + ABI_WORD_BYTES - 1 - i] = (char)(size >> (8 * i));
}

static enum err put_value(struct buf *out, const struct value *value, size_t at);

/* In: base, where the head begins that has the value at `at`. */
static enum err put_in_head(struct buf *out, const struct value *value, size_t base, size_t at) {
    if (value->type->dynamic) put_size(out, at, out->len - base);
    return put_value(out, value, at);
}

static enum err put_word(struct buf *out, const struct value *value, size_t at) {
    return abi_argument_word((uint8_t *)out->data + at, &value->where, value->type, value->json);
}

static enum err put_bytes(struct buf *out, const struct value *value, size_t at) {
    if (!reserve(&at, out, ABI_WORD_BYTES)) return ERR_OVERLOADED;
    enum err err = abi_argument_bytes(out, &value->where, value->type, value->json);
    if (err != ERR_OK || out->failed) return err != ERR_OK ? err : ERR_OVERLOADED;
    size_t len = out->len - at - ABI_WORD_BYTES, padding;
    put_size(out, at, len);
    return reserve(&padding, out, -len % ABI_WORD_BYTES) ? ERR_OK : ERR_OVERLOADED;
}

static enum err put_array(struct buf *out, const struct value *value, size_t at) {
    const struct abi_type *item = value->type->item;
    size_t n, bytes;
    enum err err = abi_argument_count(&n, &value->where, value->type, value->json);
    if (err != ERR_OK) return err;
    if (value->type->length == ABI_ANY_LENGTH) {
        if (!reserve(&at, out, ABI_WORD_BYTES)) return ERR_OVERLOADED;
        put_size(out, at, n);
    }
    if (__builtin_mul_overflow(n, item->head_bytes, &bytes)) return ERR_OVERLOADED;
    if (value->type->dynamic && !reserve(&at, out, bytes)) return ERR_OVERLOADED;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        struct value of = {.where = {value->where.problem, {.up = &value->where.place, .index = i}},
                           .type = item,
                           .json = json_array_get(value->json, i)};
        err = put_in_head(out, &of, at, at + i * item->head_bytes);
    }
    return err;
}

/* In: base, where their heads have been reserved. */
static enum err put_members(struct buf *out, const struct abi_argument *where, const struct abi_params *params,
                            const json_t *json, size_t base) {
    struct abi_members members;
    enum err err = abi_members_begin(&members, where, params, json);
    for (size_t i = 0, at = base; i < params->n && err == ERR_OK; i++) {
        struct value member = {.type = &params->list[i].type};
        err = abi_members_take(&member.where, &member.json, &members);
        if (err == ERR_OK) err = put_in_head(out, &member, base, at);
        at += member.type->head_bytes;
    }
    return err;
}

static enum err put_tuple(struct buf *out, const struct value *value, size_t at) {
    const struct abi_params *components = &value->type->components;
    if (value->type->dynamic && !reserve(&at, out, abi_head_bytes(components))) return ERR_OVERLOADED;
    return put_members(out, &value->where, components, value->json, at);
}

static enum err put_value(struct buf *out, const struct value *value, size_t at) {
    static enum err (*const puts[])(struct buf *, const struct value *, size_t) = {
        [ABI_UINT] = put_word,        [ABI_INT] = put_word,    [ABI_ADDRESS] = put_word,
        [ABI_BOOL] = put_word,        [ABI_BYTES] = put_bytes, [ABI_STRING] = put_bytes,
        [ABI_FIXED_BYTES] = put_word, [ABI_ARRAY] = put_array, [ABI_TUPLE] = put_tuple,
    };
    return puts[value->type->kind](out, value, at);
}

static enum err encode(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_params *params,
                       const json_t *args, size_t start) {
    const struct abi_argument root = {.problem = problem, .place = {.name = "args"}};
    size_t base;
    problem[0] = '\0';
    enum err err =
        reserve(&base, out, abi_head_bytes(params)) ? put_members(out, &root, params, args, base) : ERR_OVERLOADED;
    if (err == ERR_OK) return ERR_OK;
    out->len = start;
    out->failed = false;
    return err;
}

enum err abi_encode(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_params *params,
                    const json_t *args) {
    return out->failed ? ERR_OVERLOADED : encode(out, problem, params, args, out->len);
}

enum err abi_encode_call(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_item *function,
                         const json_t *args) {
    size_t start = out->len;
    if (out->failed) return ERR_OVERLOADED;
    buf_append(out, function->hash.bytes, SELECTOR_BYTES);
    return encode(out, problem, &function->inputs, args, start);
}
