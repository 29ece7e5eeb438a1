/* What a client writes for a contract is money: a value that is not plainly one of the type is refused, never cut,
 * padded or rounded to fit. Owns nothing; the JSON is the caller's.
 * Any thread: pure functions. */
#include "abi_argument.h"

#include <assert.h>
#include <string.h>

#include "abi_integer.h"
#include "eth/address.h"
#include "eth/hex.h"

static bool read_uint(uint8_t word[32], const struct abi_type *type, const json_t *value) {
    return abi_integer_read(word, (struct abi_integer_type){.bits = type->size}, value);
}

static bool read_int(uint8_t word[32], const struct abi_type *type, const json_t *value) {
    return abi_integer_read(word, (struct abi_integer_type){.bits = type->size, .is_signed = true}, value);
}

static bool read_address(uint8_t word[32], const struct abi_type *type, const json_t *value) {
    (void)type;
    address a;
    const char *text = json_string_value(value);
    if (text == NULL || address_parse(&a, text, json_string_length(value)) != ERR_OK) return false;
    memcpy(word + ABI_WORD_BYTES - sizeof a.bytes, a.bytes, sizeof a.bytes);
    return true;
}

static bool read_bool(uint8_t word[32], const struct abi_type *type, const json_t *value) {
    (void)type;
    word[ABI_WORD_BYTES - 1] = json_is_true(value) ? 1 : 0;
    return json_is_boolean(value);
}

static bool read_fixed_bytes(uint8_t word[32], const struct abi_type *type, const json_t *value) {
    const char *text = json_string_value(value);
    return text != NULL && hex_decode_exact(word, type->size, text, json_string_length(value)) == ERR_OK;
}

#define AN_INTEGER "in its range, decimal or 0x in quotes, or a number without a point up to 2^53-1"

static const struct {
    bool (*read)(uint8_t word[32], const struct abi_type *type, const json_t *value); /* of those that are a word */
    const char *allowed;
} kinds[] = {
    [ABI_UINT] = {read_uint, AN_INTEGER},
    [ABI_INT] = {read_int, AN_INTEGER},
    [ABI_ADDRESS] = {read_address, "0x and 40 hex digits, with the checksum if of both cases"},
    [ABI_BOOL] = {read_bool, "true or false"},
    [ABI_FIXED_BYTES] = {read_fixed_bytes, "0x and two hex digits for each byte"},
    [ABI_BYTES] = {NULL, "0x and two hex digits for each byte"},
    [ABI_STRING] = {NULL, "text"},
    [ABI_ARRAY] = {NULL, "its items in order"},
};

static enum err refuse(const struct abi_argument *at, const struct abi_type *type) {
    char name[ABI_KIND_BYTES];
    return abi_fail(at->problem, ERR_INVALID_ARGUMENT, &at->place, "must be %s: %s", abi_kind_name(name, type),
                    kinds[type->kind].allowed);
}

enum err abi_argument_word(uint8_t word[32], const struct abi_argument *at, const struct abi_type *type,
                           const json_t *value) {
    memset(word, 0, ABI_WORD_BYTES);
    return kinds[type->kind].read(word, type, value) ? ERR_OK : refuse(at, type);
}

enum err abi_argument_bytes(struct buf *out, const struct abi_argument *at, const struct abi_type *type,
                            const json_t *value) {
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (text == NULL) return refuse(at, type);
    if (type->kind == ABI_STRING) {
        buf_append(out, text, len);
        return ERR_OK;
    }
    if (len < 2 || len % 2 != 0 || memcmp(text, "0x", 2) != 0) return refuse(at, type);
    uint8_t *bytes = (uint8_t *)buf_extend(out, len / 2 - 1);
    return bytes == NULL || hex_read(bytes, len / 2 - 1, text + 2) ? ERR_OK : refuse(at, type);
}

enum err abi_argument_count(size_t *n, const struct abi_argument *at, const struct abi_type *type,
                            const json_t *value) {
    *n = json_array_size(value);
    if (!json_is_array(value)) return refuse(at, type);
    if (type->length != ABI_ANY_LENGTH && *n != (uint64_t)type->length) {
        return abi_fail(at->problem, ERR_INVALID_ARGUMENT, &at->place, "must be a list of %lld, not of %zu",
                        (long long)type->length, *n);
    }
    return ERR_OK;
}

static bool is_known(const struct abi_params *params, const char *name) {
    size_t i = 0;
    while (i < params->n && strcmp(params->list[i].name, name) != 0) i++;
    return i < params->n;
}

/* jansson's iterators change nothing, but do not say so. */
static json_t *readable(const json_t *object) {
    return (json_t *)(uintptr_t)object;
}

/* Says which member it is. In: an object of more members than there are parameters. */
static enum err refuse_unknown(const struct abi_members *members) {
    json_t *object = readable(members->values);
    void *it = json_object_iter(object);
    while (it != NULL && is_known(members->params, json_object_iter_key(it))) it = json_object_iter_next(object, it);
    assert(it != NULL);
    struct abi_place place = {.up = &members->at->place, .name = json_object_iter_key(it)};
    return abi_fail(members->at->problem, ERR_INVALID_ARGUMENT, &place, "is not in the ABI");
}

enum err abi_members_begin(struct abi_members *members, const struct abi_argument *at, const struct abi_params *params,
                           const json_t *values) {
    const bool is_object = json_is_object(values);
    const size_t n = is_object ? json_object_size(values) : json_array_size(values);
    *members = (struct abi_members){.at = at, .params = params, .values = values};
    if (is_object && params->named) {
        members->next = json_object_iter(readable(values));
        return n > params->n ? refuse_unknown(members) : ERR_OK;
    }
    const bool is_list = values == NULL || json_is_array(values) || (is_object && n == 0);
    if (is_list && n == params->n) return ERR_OK;
    return abi_fail(at->problem, ERR_INVALID_ARGUMENT, &at->place, "must be %s list of %zu, in order",
                    params->named ? "an object, or a" : "a", params->n);
}

/* Most clients write members in the ABI's order: then there is nothing to look up. */
static const json_t *take_named(struct abi_members *members, const char *name) {
    void *next = members->next;
    if (next == NULL || strcmp(json_object_iter_key(next), name) != 0) return json_object_get(members->values, name);
    members->next = json_object_iter_next(readable(members->values), next);
    return json_object_iter_value(next);
}

enum err abi_members_take(struct abi_argument *member_at, const json_t **member, struct abi_members *members) {
    const size_t index = members->n_taken++;
    const struct abi_argument *at = members->at;
    assert(index < members->params->n);
    *member_at = (struct abi_argument){at->problem, {.up = &at->place, .index = index}};
    if (json_is_array(members->values)) {
        *member = json_array_get(members->values, index);
        return ERR_OK;
    }
    member_at->place.name = members->params->list[index].name;
    *member = take_named(members, member_at->place.name);
    return *member != NULL ? ERR_OK : abi_fail(at->problem, ERR_INVALID_ARGUMENT, &member_at->place, "is missing");
}
