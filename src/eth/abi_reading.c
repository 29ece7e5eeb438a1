/* What all readers of an ABI need: types with what is derived of them, names, and the words for what is wrong.
 * Memory of what is read is the arena's.
 * Any thread: pure functions. Source: Solidity ABI specification, "Types" and "Formal Specification". */
#include "abi_reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/decimal.h"

enum { WORD_BYTES = 32, FUNCTION_BYTES = 24 };

bool abi_refuse(struct abi_reading *reading, const char *format, ...) {
    char place[2 * ABI_SHOWN_BYTES] = "", name[ABI_SHOWN_BYTES];
    abi_shown(name, reading->name, strlen(reading->name));
    if (reading->index != ABI_NO_INDEX) {
        (void)snprintf(place, sizeof place, name[0] != '\0' ? "abi[%ld] (%s): " : "abi[%ld]: ", reading->index, name);
    } else if (name[0] != '\0') {
        (void)snprintf(place, sizeof place, "%s: ", name);
    }
    int len = snprintf(reading->problem, ABI_PROBLEM_BYTES, "%s", place);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reading->problem + len, ABI_PROBLEM_BYTES - (size_t)len, format, args);
    va_end(args);
    reading->err = ERR_INVALID_ABI;
    return false;
}

const char *abi_shown(char out[ABI_SHOWN_BYTES], const char *text, size_t len) {
    const size_t most = ABI_SHOWN_BYTES - sizeof "...";
    size_t n = len < most ? len : most;
    for (size_t i = 0; i < n; i++) out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    (void)snprintf(out + n, ABI_SHOWN_BYTES - n, "%s", len > most ? "..." : "");
    return out;
}

void *abi_alloc(struct abi_reading *reading, size_t size) {
    void *memory = arena_alloc(reading->arena, size);
    if (memory == NULL) {
        (void)abi_refuse(reading, "the ABI needs too much memory");
        reading->err = ERR_OVERLOADED;
    }
    return memory;
}

static bool is_identifier(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
        if (!is_letter && (i == 0 || c < '0' || c > '9')) return false;
    }
    return len > 0;
}

bool abi_read_name(struct abi_reading *reading, const char **out, const char *what, const char *text, size_t len) {
    char shown[ABI_SHOWN_BYTES];
    if (len > ABI_MAX_NAME_BYTES) {
        return abi_refuse(reading, "%s has a name of %zu bytes; at most %d are taken", what, len, ABI_MAX_NAME_BYTES);
    }
    if (!is_identifier(text, len)) {
        return abi_refuse(reading, "%s must have a name of letters, digits, _ and $, not \"%s\"", what,
                          abi_shown(shown, text, len));
    }
    char *copy = abi_alloc(reading, len + 1);
    if (copy == NULL) return false;
    memcpy(copy, text, len);
    *out = copy;
    return true;
}

static const struct {
    const char *name;
    enum abi_kind kind;
    unsigned size;
} plain_types[] = {
    {"address", ABI_ADDRESS, 0}, {"bool", ABI_BOOL, 0}, {"string", ABI_STRING, 0},         {"bytes", ABI_BYTES, 0},
    {"uint", ABI_UINT, 256},     {"int", ABI_INT, 256}, {"function", ABI_FIXED_BYTES, 24}, {"byte", ABI_FIXED_BYTES, 1},
};

/* The types that are written with a size, and what sizes there are. */
static const struct {
    const char *prefix;
    enum abi_kind kind;
    unsigned step;
    unsigned max;
} sized_types[] = {
    {"uint", ABI_UINT, 8, 256},
    {"int", ABI_INT, 8, 256},
    {"bytes", ABI_FIXED_BYTES, 1, 32},
};

static bool equals(const char *word, size_t len, const char *name) {
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

static bool begins(const char *word, size_t len, const char *prefix) {
    size_t n = strlen(prefix);
    return len >= n && memcmp(word, prefix, n) == 0;
}

static bool find_elementary(struct abi_type *type, const char *word, size_t len) {
    for (size_t i = 0; i < sizeof plain_types / sizeof plain_types[0]; i++) {
        if (!equals(word, len, plain_types[i].name)) continue;
        type->kind = plain_types[i].kind;
        type->size = plain_types[i].size;
        return true;
    }
    for (size_t i = 0; i < sizeof sized_types / sizeof sized_types[0]; i++) {
        size_t prefix = strlen(sized_types[i].prefix);
        uint64_t size;
        if (!begins(word, len, sized_types[i].prefix)) continue;
        if (!decimal_parse_u64(&size, word + prefix, len - prefix)) continue;
        if (size == 0 || size > sized_types[i].max || size % sized_types[i].step != 0) continue;
        type->kind = sized_types[i].kind;
        type->size = (unsigned)size;
        return true;
    }
    return false;
}

/* Source: Solidity documentation, "Reserved Keywords" and "Language Grammar", as far as viem minds them. */
static const char *const keywords[] = {
    "after",    "alias",     "anonymous",  "apply",   "auto",      "calldata",    "case",     "catch",
    "constant", "copyof",    "default",    "defined", "error",     "event",       "external", "false",
    "final",    "immutable", "implements", "in",      "indexed",   "inline",      "internal", "let",
    "mapping",  "match",     "memory",     "mutable", "null",      "of",          "override", "partial",
    "private",  "promise",   "public",     "pure",    "reference", "relocatable", "return",   "returns",
    "sizeof",   "static",    "storage",    "struct",  "super",     "supports",    "switch",   "this",
    "true",     "try",       "tuple",      "typedef", "typeof",    "var",         "view",     "virtual",
};

bool abi_is_keyword(const char *word, size_t len) {
    struct abi_type ignored;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (equals(word, len, keywords[i])) return true;
    }
    return find_elementary(&ignored, word, len);
}

bool abi_read_elementary(struct abi_reading *reading, struct abi_type *out, const char *word, size_t len) {
    char shown[ABI_SHOWN_BYTES];
    *out = (struct abi_type){.head_bytes = WORD_BYTES};
    if (find_elementary(out, word, len)) {
        out->is_function = out->kind == ABI_FIXED_BYTES && out->size == FUNCTION_BYTES && word[0] == 'f';
        out->dynamic = out->kind == ABI_BYTES || out->kind == ABI_STRING;
        return abi_count_types(reading, 1);
    }
    abi_shown(shown, word, len);
    if (begins(word, len, "fixed") || begins(word, len, "ufixed")) {
        return abi_refuse(reading, "\"%s\" is not supported: Solidity itself has no code for fixed-point numbers",
                          shown);
    }
    return abi_refuse(reading,
                      "\"%s\" is no type: uint8 to uint256, int8 to int256, bytes1 to bytes32, address, bool, "
                      "bytes, string, function and tuples are",
                      shown);
}

bool abi_count_types(struct abi_reading *reading, size_t n) {
    reading->n_types += n;
    if (reading->n_types <= ABI_MAX_TYPES) return true;
    return abi_refuse(reading, "the ABI has more than %d types", ABI_MAX_TYPES);
}

static bool check_depth(struct abi_reading *reading, const struct abi_type *type) {
    if (type->depth <= ABI_MAX_DEPTH) return true;
    return abi_refuse(reading, "arrays and tuples are nested more than %d deep", ABI_MAX_DEPTH);
}

/* Replaces the type by an array of it. */
static bool wrap(struct abi_reading *reading, struct abi_type *type, int64_t length) {
    struct abi_type *item = abi_alloc(reading, sizeof *item);
    if (item == NULL) return false;
    *item = *type;
    *type = (struct abi_type){.kind = ABI_ARRAY, .item = item, .length = length, .depth = item->depth + 1};
    type->dynamic = item->dynamic || length == ABI_ANY_LENGTH;
    type->head_bytes = type->dynamic ? WORD_BYTES : (size_t)length * item->head_bytes;
    return check_depth(reading, type) && abi_count_types(reading, 1);
}

/* In: what stands between the brackets. */
static bool read_length(struct abi_reading *reading, int64_t *out, const struct abi_type *item, const char *digits,
                        size_t len) {
    char shown[ABI_SHOWN_BYTES];
    uint64_t length;
    *out = ABI_ANY_LENGTH;
    if (len == 0) return true;
    const size_t most = ABI_MAX_HEAD_BYTES / item->head_bytes;
    if (!decimal_parse_u64(&length, digits, len) || length == 0 || length > most) {
        return abi_refuse(reading, "an array has the length \"%s\": with these elements it may be 1 to %zu",
                          abi_shown(shown, digits, len), most);
    }
    *out = (int64_t)length;
    return true;
}

bool abi_read_arrays(struct abi_reading *reading, struct abi_type *type, const char **text, const char *end) {
    while (*text < end && **text == '[') {
        const char *digits = *text + 1, *close = memchr(digits, ']', (size_t)(end - digits));
        int64_t length;
        if (close == NULL) return abi_refuse(reading, "a [ has no ] behind it");
        if (!read_length(reading, &length, type, digits, (size_t)(close - digits))) return false;
        if (!wrap(reading, type, length)) return false;
        *text = close + 1;
    }
    return true;
}

struct abi_param *abi_alloc_params(struct abi_reading *reading, size_t n) {
    if (n > ABI_MAX_PARAMS) {
        (void)abi_refuse(reading, "there are %zu parameters, or components of a tuple; at most %d are taken", n,
                         ABI_MAX_PARAMS);
        return NULL;
    }
    return abi_alloc(reading, (n + 1) * sizeof(struct abi_param));
}

static bool all_named(const struct abi_param *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (list[i].name[0] == '\0') return false;
        for (size_t other = 0; other < i; other++) {
            if (strcmp(list[i].name, list[other].name) == 0) return false;
        }
    }
    return n > 0;
}

bool abi_set_params(struct abi_reading *reading, struct abi_params *out, const struct abi_param *list, size_t n) {
    size_t head_bytes = 0;
    *out = (struct abi_params){.list = list, .n = n, .named = all_named(list, n)};
    for (size_t i = 0; i < n; i++) head_bytes += list[i].type.head_bytes;
    if (head_bytes <= ABI_MAX_HEAD_BYTES) return true;
    return abi_refuse(reading, "its types take %zu bytes in place; at most %d are taken", head_bytes,
                      ABI_MAX_HEAD_BYTES);
}

bool abi_make_tuple(struct abi_reading *reading, struct abi_type *out, const struct abi_params *components) {
    *out = (struct abi_type){.kind = ABI_TUPLE, .components = *components};
    if (components->n == 0) return abi_refuse(reading, "a tuple must have components");
    for (size_t i = 0; i < components->n; i++) {
        const struct abi_type *type = &components->list[i].type;
        out->dynamic = out->dynamic || type->dynamic;
        out->head_bytes += type->head_bytes;
        if (type->depth >= out->depth) out->depth = type->depth + 1;
    }
    if (out->dynamic) out->head_bytes = WORD_BYTES;
    return check_depth(reading, out) && abi_count_types(reading, 1);
}
