/* What to look for in logs where an argument has this value. What does not fit a topic is hashed: bytes and strings as
 * they are, the items of lists and tuples one behind the other, each padded to whole words, without lengths or offsets.
 * Owns nothing.
 * Any thread: pure functions. Source: Solidity ABI specification, "Encoding of Indexed Event Parameters". */
#include <jansson.h>

#include "abi_argument.h"
#include "abi_integer.h"
#include "eth/abi_value.h"
#include "eth/keccak.h"

static enum err add_value(struct keccak *hash, const struct abi_argument *at, const struct abi_type *type,
                          const json_t *value);

static enum err add_word(struct keccak *hash, const struct abi_argument *at, const struct abi_type *type,
                         const json_t *value) {
    uint8_t word[ABI_WORD_BYTES];
    enum err err = abi_argument_word(word, at, type, value);
    if (err == ERR_OK) keccak_add(hash, word, sizeof word);
    return err;
}

/* Out: *n, how many bytes were added. */
static enum err add_bytes(size_t *n, struct keccak *hash, const struct abi_argument *at, const struct abi_type *type,
                          const json_t *value) {
    struct buf bytes;
    buf_init(&bytes, json_string_length(value));
    enum err err = abi_argument_bytes(&bytes, at, type, value);
    if (err == ERR_OK) keccak_add(hash, bytes.data, bytes.len);
    *n = bytes.len;
    buf_free(&bytes);
    return err;
}

static enum err add_padded(struct keccak *hash, const struct abi_argument *at, const struct abi_type *type,
                           const json_t *value) {
    static const uint8_t zeros[ABI_WORD_BYTES];
    size_t n;
    enum err err = add_bytes(&n, hash, at, type, value);
    if (err == ERR_OK) keccak_add(hash, zeros, -n % ABI_WORD_BYTES);
    return err;
}

static enum err add_items(struct keccak *hash, const struct abi_argument *at, const struct abi_type *type,
                          const json_t *value) {
    size_t n;
    enum err err = abi_argument_count(&n, at, type, value);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        struct abi_argument item_at = {at->problem, {.up = &at->place, .index = i}};
        err = add_value(hash, &item_at, type->item, json_array_get(value, i));
    }
    return err;
}

static enum err add_members(struct keccak *hash, const struct abi_argument *at, const struct abi_type *type,
                            const json_t *value) {
    struct abi_members members;
    enum err err = abi_members_begin(&members, at, &type->components, value);
    for (size_t i = 0; i < type->components.n && err == ERR_OK; i++) {
        struct abi_argument member_at;
        const json_t *member;
        err = abi_members_take(&member_at, &member, &members);
        if (err == ERR_OK) err = add_value(hash, &member_at, &type->components.list[i].type, member);
    }
    return err;
}

static enum err add_value(struct keccak *hash, const struct abi_argument *at, const struct abi_type *type,
                          const json_t *value) {
    static enum err (*const adds[])(struct keccak *, const struct abi_argument *, const struct abi_type *,
                                    const json_t *) = {
        [ABI_UINT] = add_word,        [ABI_INT] = add_word,     [ABI_ADDRESS] = add_word,
        [ABI_BOOL] = add_word,        [ABI_BYTES] = add_padded, [ABI_STRING] = add_padded,
        [ABI_FIXED_BYTES] = add_word, [ABI_ARRAY] = add_items,  [ABI_TUPLE] = add_members,
    };
    return adds[type->kind](hash, at, type, value);
}

enum err abi_encode_topic(hash32 *out, char problem[ABI_PROBLEM_BYTES], const struct abi_param *param,
                          const json_t *value) {
    const struct abi_argument root = {.problem = problem,
                                      .place = {.name = param->name[0] != '\0' ? param->name : "argument"}};
    struct keccak hash = {.n = 0};
    size_t n;
    problem[0] = '\0';
    if (abi_is_word(&param->type)) return abi_argument_word(out->bytes, &root, &param->type, value);
    bool is_alone = param->type.kind == ABI_BYTES || param->type.kind == ABI_STRING;
    enum err err =
        is_alone ? add_bytes(&n, &hash, &root, &param->type, value) : add_value(&hash, &root, &param->type, value);
    if (err == ERR_OK) keccak_end(out->bytes, &hash);
    return err;
}
