/* Reads items of an ABI as compilers write them: JSON objects. Members that nobody needs are passed over.
 * Memory of what is read is the arena's; the JSON is borrowed.
 * Any thread: pure functions. Source: Solidity ABI specification, "JSON". */
#include <jansson.h>
#include <string.h>

#include "abi_reading.h"

/* The value of a text member, NULL and a length of 0 where it is missing or null. */
static bool read_text(struct abi_reading *reading, const char **out, size_t *len, const json_t *json, const char *key) {
    const json_t *member = json_object_get(json, key);
    *out = json_string_value(member);
    *len = json_string_length(member);
    if (member == NULL || json_is_null(member) || json_is_string(member)) return true;
    return abi_refuse(reading, "%s must be a string", key);
}

static bool read_flag(struct abi_reading *reading, bool *out, const json_t *json, const char *key) {
    const json_t *member = json_object_get(json, key);
    *out = json_is_true(member);
    if (member == NULL || json_is_null(member) || json_is_boolean(member)) return true;
    return abi_refuse(reading, "%s must be true or false", key);
}

/* A name that may be missing. */
static bool read_param_name(struct abi_reading *reading, const char **out, const json_t *json) {
    const char *text;
    size_t len;
    *out = "";
    if (!read_text(reading, &text, &len, json, "name")) return false;
    return len == 0 || abi_read_name(reading, out, "a parameter", text, len);
}

/* Where a parameter stands: only those of an event itself, not the components of its tuples, can be indexed. */
struct place {
    bool is_event;
    unsigned depth; /* of the tuples around */
};

static bool read_params(struct abi_reading *reading, struct abi_params *out, const json_t *owner, const char *key,
                        struct place place);

static bool is_tuple(const char *text, size_t len) {
    const size_t n = sizeof "tuple" - 1;
    return len >= n && memcmp(text, "tuple", n) == 0 && (len == n || text[n] == '[');
}

static bool read_tuple(struct abi_reading *reading, struct abi_type *out, const json_t *param, struct place place) {
    struct abi_params components;
    const struct place inside = {.is_event = false, .depth = place.depth + 1};
    if (place.depth == ABI_MAX_DEPTH) return abi_refuse(reading, "tuples are nested more than %d deep", ABI_MAX_DEPTH);
    if (!read_params(reading, &components, param, "components", inside)) return false;
    return abi_make_tuple(reading, out, &components);
}

static bool read_type(struct abi_reading *reading, struct abi_type *out, const json_t *param, struct place place) {
    const char *text;
    char shown[ABI_SHOWN_BYTES];
    size_t len;
    if (!read_text(reading, &text, &len, param, "type")) return false;
    if (text == NULL) return abi_refuse(reading, "a parameter has no type");
    const char *end = text + len, *bracket = memchr(text, '[', len), *rest = bracket != NULL ? bracket : end;
    bool is_read = is_tuple(text, len) ? read_tuple(reading, out, param, place)
                                       : abi_read_elementary(reading, out, text, (size_t)(rest - text));
    if (!is_read || !abi_read_arrays(reading, out, &rest, end)) return false;
    return rest == end || abi_refuse(reading, "the type \"%s\" goes on behind its arrays", abi_shown(shown, text, len));
}

static bool read_param(struct abi_reading *reading, struct abi_param *out, const json_t *json, struct place place) {
    bool indexed;
    if (!json_is_object(json)) return abi_refuse(reading, "a parameter must be an object");
    if (!read_flag(reading, &indexed, json, "indexed")) return false;
    out->indexed = indexed && place.is_event;
    return read_param_name(reading, &out->name, json) && read_type(reading, &out->type, json, place);
}

/* A list that is missing has nothing in it. */
static bool read_params(struct abi_reading *reading, struct abi_params *out, const json_t *owner, const char *key,
                        struct place place) {
    const json_t *json = json_object_get(owner, key);
    size_t n = json_array_size(json);
    *out = (struct abi_params){.n = 0};
    if (json != NULL && !json_is_null(json) && !json_is_array(json)) {
        return abi_refuse(reading, "%s must be an array", key);
    }
    struct abi_param *list = abi_alloc_params(reading, n);
    if (list == NULL) return false;
    for (size_t i = 0; i < n; i++) {
        if (!read_param(reading, &list[i], json_array_get(json, i), place)) return false;
    }
    return abi_set_params(reading, out, list, n);
}

static bool find_word(size_t *out, const char *const *words, size_t n, const char *text, size_t len) {
    for (*out = 0; *out < n; (*out)++) {
        if (strlen(words[*out]) == len && memcmp(words[*out], text, len) == 0) return true;
    }
    return false;
}

/* Compilers before 0.4.16 say constant and payable instead. */
static bool read_mutability(struct abi_reading *reading, enum abi_mutability *out, const json_t *json) {
    static const char *const words[] = {
        [ABI_PURE] = "pure", [ABI_VIEW] = "view", [ABI_NONPAYABLE] = "nonpayable", [ABI_PAYABLE] = "payable"};
    const char *text;
    size_t len, which;
    bool constant, payable;
    if (!read_text(reading, &text, &len, json, "stateMutability")) return false;
    if (text != NULL && !find_word(&which, words, sizeof words / sizeof words[0], text, len)) {
        return abi_refuse(reading, "stateMutability must be pure, view, nonpayable or payable");
    }
    if (text != NULL) {
        *out = (enum abi_mutability)which;
        return true;
    }
    if (!read_flag(reading, &constant, json, "constant") || !read_flag(reading, &payable, json, "payable"))
        return false;
    *out = constant ? ABI_VIEW : payable ? ABI_PAYABLE : ABI_NONPAYABLE;
    return true;
}

static bool read_function(struct abi_reading *reading, struct abi_item *item, const json_t *json) {
    const struct place outputs = {.is_event = false};
    return read_mutability(reading, &item->mutability, json) &&
           read_params(reading, &item->outputs, json, "outputs", outputs);
}

static bool read_constructor(struct abi_reading *reading, struct abi_item *item, const json_t *json) {
    return read_mutability(reading, &item->mutability, json);
}

static bool read_event(struct abi_reading *reading, struct abi_item *item, const json_t *json) {
    return read_flag(reading, &item->anonymous, json, "anonymous");
}

static const struct {
    const char *word;
    enum abi_item_kind kind;
    bool (*read)(struct abi_reading *reading, struct abi_item *item, const json_t *json); /* the rest of it */
} kinds[] = {
    {"function", ABI_ITEM_FUNCTION, read_function},
    {"event", ABI_ITEM_EVENT, read_event},
    {"error", ABI_ITEM_ERROR, NULL},
    {"constructor", ABI_ITEM_CONSTRUCTOR, read_constructor},
};

static bool read_item(struct abi_reading *reading, struct abi_item *out, const json_t *json, size_t kind) {
    const char *name;
    size_t len;
    const struct place inputs = {.is_event = kinds[kind].kind == ABI_ITEM_EVENT};
    *out = (struct abi_item){.kind = kinds[kind].kind, .name = "", .mutability = ABI_NONPAYABLE};
    if (!read_text(reading, &name, &len, json, "name")) return false;
    if (out->kind != ABI_ITEM_CONSTRUCTOR) {
        if (!abi_read_name(reading, &out->name, kinds[kind].word, name != NULL ? name : "", len)) return false;
        reading->name = out->name;
    }
    return read_params(reading, &out->inputs, json, "inputs", inputs) &&
           (kinds[kind].read == NULL || kinds[kind].read(reading, out, json)) && abi_set_signature(reading, out);
}

bool abi_read_object(struct abi_reading *reading, struct abi_item *out, bool *is_kept, const json_t *json) {
    const char *type;
    size_t len, ignored;
    static const char *const left_out[] = {"fallback", "receive"};
    if (!read_text(reading, &type, &len, json, "type")) return false;
    *is_kept = type == NULL || !find_word(&ignored, left_out, 2, type, len);
    if (!*is_kept) return true;
    if (type == NULL) return read_item(reading, out, json, 0); /* a function, says the specification */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].word) == len && memcmp(kinds[i].word, type, len) == 0) {
            return read_item(reading, out, json, i);
        }
    }
    return abi_refuse(reading, "type must be function, event, error, constructor, fallback or receive");
}
