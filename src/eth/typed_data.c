/* What a wallet signs of a form it shows: one hash over the types, the domain and the values, built from the leaves up.
 * jansson's tree lives as long as the call; the types' memory is the caller's arena. Values are hashed as they are met,
 * so that nothing grows with them but the depth, which json_depth bounds.
 * Any thread: pure functions. Source: EIP-712. */
#include "typed_data.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/decimal.h"
#include "core/json_depth.h"
#include "eth/keccak.h"
#include "typed_types.h"
#include "typed_value.h"

enum { PLACE_BYTES = 56 };

/* A value, what it has to be, and where it stands. Lives as long as it is being hashed. */
struct value {
    json_t *json; /* NULL: it is missing */
    struct typed_ref type;
    const struct value *parent;
    const char *name; /* NULL: an element of its parent */
    size_t index;
    char *problem;
};

/* Returns the length there would be if there was room, as snprintf does. */
static size_t write_place(char out[PLACE_BYTES], const struct value *value) {
    size_t len = value->parent != NULL ? write_place(out, value->parent) : 0;
    if (len >= PLACE_BYTES) return len;
    size_t room = PLACE_BYTES - len;
    int n = value->name != NULL ? snprintf(out + len, room, "%s%s", len > 0 ? "." : "", value->name)
                                : snprintf(out + len, room, "[%zu]", value->index);
    return len + (size_t)n;
}

static enum err refuse(const struct value *value, const char *belongs) {
    char place[PLACE_BYTES];
    if (write_place(place, value) >= PLACE_BYTES) memcpy(place + PLACE_BYTES - 4, "...", 4);
    (void)snprintf(value->problem, TYPED_DATA_PROBLEM_BYTES, "%s must be %s", place, belongs);
    return ERR_INVALID_JSON;
}

static enum err encode(uint8_t word[32], const struct value *value);

/* Takes the outermost array off the type. Returns the length it asks for, or 0 where any will do. */
static uint64_t take_array(struct typed_ref *type) {
    uint64_t n = 0;
    const char *open = memrchr(type->arrays, '[', type->arrays_len);
    size_t outer = (size_t)(open - type->arrays);
    size_t digits = type->arrays_len - outer - 2;
    bool is_length = digits == 0 || decimal_parse_u64(&n, open + 1, digits);
    assert(is_length); /* typed_types has read it */
    type->arrays_len = outer;
    return n;
}

static enum err hash_array(uint8_t out[32], const struct value *array) {
    struct value element = {.parent = array, .type = array->type, .problem = array->problem};
    uint64_t length = take_array(&element.type);
    size_t n = json_array_size(array->json);
    if (!json_is_array(array->json)) return refuse(array, "an array");
    if (length != 0 && length != n) return refuse(array, "an array with as many elements as its type says");
    struct keccak hash = {.n = 0};
    for (element.index = 0; element.index < n; element.index++) {
        uint8_t word[32];
        element.json = json_array_get(array->json, element.index);
        enum err err = encode(word, &element);
        if (err != ERR_OK) return err;
        keccak_add(&hash, word, sizeof word);
    }
    keccak_end(out, &hash);
    return ERR_OK;
}

/* Members that the type does not have are not signed, and not looked at. */
static enum err hash_struct(uint8_t out[32], const struct value *value) {
    const struct typed_struct *type = value->type.of;
    if (!json_is_object(value->json)) return refuse(value, "an object");
    struct keccak hash = {.n = 0};
    keccak_add(&hash, type->type_hash, sizeof type->type_hash);
    for (size_t i = 0; i < type->n_members; i++) {
        uint8_t word[32];
        struct value member = {
            .parent = value, .name = type->members[i].name, .type = type->members[i].ref, .problem = value->problem};
        member.json = json_object_get(value->json, member.name);
        enum err err = encode(word, &member);
        if (err != ERR_OK) return err;
        keccak_add(&hash, word, sizeof word);
    }
    keccak_end(out, &hash);
    return ERR_OK;
}

/* A word is the value itself where it has a fixed size, else its hash. */
static enum err encode(uint8_t word[32], const struct value *value) {
    if (value->json == NULL) return refuse(value, "given: its type says so");
    if (value->type.arrays_len > 0) return hash_array(word, value);
    if (value->type.kind == TYPED_STRUCT) return hash_struct(word, value);
    if (typed_value_encode(word, &value->type, value->json)) return ERR_OK;
    char belongs[TYPED_HINT_BYTES];
    return refuse(value, typed_value_hint(belongs, &value->type));
}

#define DOMAIN_TYPE "EIP712Domain"

/* No other fields are for dApps to add, and wallets take these in any order. */
static bool is_domain_field(const struct typed_member *member) {
    static const struct {
        const char *name;
        const char *type;
    } fields[] = {
        {"name", "string"},  {"version", "string"}, {"chainId", "uint256"}, {"verifyingContract", "address"},
        {"salt", "bytes32"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(member->name, fields[i].name) == 0) return strcmp(member->type, fields[i].type) == 0;
    }
    return false;
}

static enum err tell(char *problem, const char *what) {
    (void)snprintf(problem, TYPED_DATA_PROBLEM_BYTES, "%s", what);
    return ERR_INVALID_JSON;
}

static enum err find_domain(const struct typed_struct **out, char *problem, const struct typed_types *types) {
    *out = typed_types_find(types, DOMAIN_TYPE, strlen(DOMAIN_TYPE));
    if (*out == NULL) return tell(problem, "types." DOMAIN_TYPE " must be given");
    for (size_t i = 0; i < (*out)->n_members; i++) {
        if (is_domain_field(&(*out)->members[i])) continue;
        return tell(problem, "types." DOMAIN_TYPE " must have string name, string version, uint256 chainId, "
                             "address verifyingContract or bytes32 salt, and nothing else");
    }
    return ERR_OK;
}

/* In: name, the member of the data that holds the struct. */
static enum err add_part(struct keccak *hash, char *problem, json_t *root, const char *name,
                         const struct typed_struct *type) {
    uint8_t word[32];
    struct value part = {.json = json_object_get(root, name),
                         .type = {.kind = TYPED_STRUCT, .of = type},
                         .name = name,
                         .problem = problem};
    enum err err = encode(word, &part);
    if (err == ERR_OK) keccak_add(hash, word, sizeof word);
    return err;
}

static enum err hash_data(hash32 *out, char *problem, struct arena *arena, json_t *root) {
    static const uint8_t prefix[] = {0x19, 0x01};
    struct typed_types types;
    const struct typed_struct *domain, *primary;
    if (!json_is_object(root)) return tell(problem, "the typed data must be an object");
    enum err err = typed_types_read(&types, problem, arena, json_object_get(root, "types"));
    if (err == ERR_OK) err = find_domain(&domain, problem, &types);
    if (err != ERR_OK) return err;
    const json_t *name = json_object_get(root, "primaryType");
    if (!json_is_string(name)) return tell(problem, "primaryType must be the name of a struct");
    primary = typed_types_find(&types, json_string_value(name), json_string_length(name));
    if (primary == NULL) return tell(problem, "primaryType must be the name of a struct that types has");

    struct keccak hash = {.n = 0};
    keccak_add(&hash, prefix, sizeof prefix);
    err = add_part(&hash, problem, root, "domain", domain);
    /* Who signs the domain alone signs no message. */
    if (err == ERR_OK && primary != domain) err = add_part(&hash, problem, root, "message", primary);
    if (err == ERR_OK) keccak_end(out->bytes, &hash);
    return err;
}

static enum err load(json_t **out, char *problem, const char *json, size_t len) {
    json_error_t error;
    if (len > TYPED_DATA_MAX_BYTES) return tell(problem, "the typed data is too long");
    if (!json_depth_within(json, len, JSON_MAX_DEPTH)) return tell(problem, "the typed data is nested too deeply");
    bool has_nul = len == 0 || memchr(json, '\0', len) != NULL; /* jansson passes over some */
    *out = has_nul ? NULL : json_loadb(json, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (*out != NULL) return ERR_OK;
    if (!has_nul && json_error_code(&error) == json_error_numeric_overflow) {
        return tell(problem, "the typed data holds a number past 2^63; those are written in quotes");
    }
    if (!has_nul && json_error_code(&error) == json_error_duplicate_key) {
        return tell(problem, "the typed data has a member twice");
    }
    return tell(problem, "the typed data is no JSON");
}

enum err typed_data_hash(hash32 *out, char problem[TYPED_DATA_PROBLEM_BYTES], struct arena *arena, const char *json,
                         size_t len) {
    json_t *root;
    enum err err = load(&root, problem, json, len);
    if (err != ERR_OK) return err;
    err = hash_data(out, problem, arena, root);
    json_decref(root);
    return err;
}
