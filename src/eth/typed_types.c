/* Reads which structs there are and hashes what each is made of, before any value is looked at.
 * Memory is the caller's arena; names stay where jansson has them.
 * Any thread: pure functions. Source: EIP-712, "Definition of encodeType". */
#include "typed_types.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"
#include "eth/keccak.h"

struct reading {
    struct typed_types *types;
    struct arena *arena;
    char *problem;
};

__attribute__((format(printf, 2, 3))) static enum err refuse(const struct reading *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->problem, TYPED_DATA_PROBLEM_BYTES, format, args);
    va_end(args);
    return ERR_INVALID_JSON;
}

static enum err out_of_memory(const struct reading *r) {
    (void)refuse(r, "the types need too much memory");
    return ERR_OVERLOADED;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Solidity also has $, which wallets disagree about in the name of a struct: some then miss what it refers to. */
static bool is_identifier(const char *text, size_t len, bool may_have_dollar) {
    for (size_t i = 0; i < len; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (!is_letter(text[i]) && !(is_digit && i > 0) && !(text[i] == '$' && may_have_dollar)) return false;
    }
    return len > 0;
}

/* The kinds that are written with a size, and what sizes there are. */
static const struct {
    const char *prefix;
    enum typed_kind kind;
    unsigned step;
    unsigned max;
} sized_kinds[] = {
    {"uint", TYPED_UINT, 8, 256},
    {"int", TYPED_INT, 8, 256},
    {"bytes", TYPED_FIXED_BYTES, 1, 32},
};

static const struct {
    const char *name;
    enum typed_kind kind;
} plain_kinds[] = {
    {"bool", TYPED_BOOL},
    {"address", TYPED_ADDRESS},
    {"bytes", TYPED_BYTES},
    {"string", TYPED_STRING},
};

static bool read_atom(struct typed_ref *ref, const char *text, size_t len) {
    for (size_t i = 0; i < sizeof plain_kinds / sizeof plain_kinds[0]; i++) {
        if (strlen(plain_kinds[i].name) != len || memcmp(plain_kinds[i].name, text, len) != 0) continue;
        ref->kind = plain_kinds[i].kind;
        return true;
    }
    for (size_t i = 0; i < sizeof sized_kinds / sizeof sized_kinds[0]; i++) {
        size_t prefix = strlen(sized_kinds[i].prefix);
        uint64_t size;
        if (len <= prefix || memcmp(sized_kinds[i].prefix, text, prefix) != 0) continue;
        if (!decimal_parse_u64(&size, text + prefix, len - prefix)) continue;
        if (size == 0 || size > sized_kinds[i].max || size % sized_kinds[i].step != 0) continue;
        ref->kind = sized_kinds[i].kind;
        ref->size = (unsigned)size;
        return true;
    }
    return false;
}

/* What reads as a type of Solidity's is never a struct, also where there is no such type: uint, int7, bytes33. */
static bool is_reserved(const char *text, size_t len) {
    struct typed_ref ref;
    if (read_atom(&ref, text, len)) return true;
    for (size_t i = 0; i < sizeof sized_kinds / sizeof sized_kinds[0]; i++) {
        size_t at = strlen(sized_kinds[i].prefix);
        if (len < at || memcmp(sized_kinds[i].prefix, text, at) != 0) continue;
        while (at < len && text[at] >= '0' && text[at] <= '9') at++;
        if (at == len) return true;
    }
    return false;
}

/* In: what stands behind the element: any number of [] and [n], n from 1 up. */
static bool is_arrays(const char *p, const char *end) {
    while (p < end) {
        uint64_t n = 1;
        const char *close = memchr(p, ']', (size_t)(end - p));
        if (*p != '[' || close == NULL) return false;
        if (close - p > 1 && !decimal_parse_u64(&n, p + 1, (size_t)(close - p - 1))) return false;
        if (n == 0) return false;
        p = close + 1;
    }
    return true;
}

static bool read_ref(struct typed_ref *ref, const struct typed_types *types, const char *text, size_t len) {
    const char *bracket = memchr(text, '[', len);
    size_t element = bracket != NULL ? (size_t)(bracket - text) : len;
    *ref = (struct typed_ref){.kind = TYPED_STRUCT, .arrays = text + element, .arrays_len = len - element};
    if (!is_arrays(ref->arrays, text + len)) return false;
    if (read_atom(ref, text, element)) return true;
    ref->of = typed_types_find(types, text, element);
    return ref->of != NULL;
}

static int compare_name(const char *text, size_t len, const char *name) {
    size_t n = strlen(name);
    int order = memcmp(text, name, len < n ? len : n);
    return order != 0 ? order : (len > n) - (len < n);
}

const struct typed_struct *typed_types_find(const struct typed_types *types, const char *name, size_t len) {
    size_t low = 0, high = types->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_name(name, len, types->structs[middle].name);
        if (order == 0) return &types->structs[middle];
        if (order < 0) high = middle;
        if (order > 0) low = middle + 1;
    }
    return NULL;
}

static int compare_structs(const void *a, const void *b) {
    return strcmp(((const struct typed_struct *)a)->name, ((const struct typed_struct *)b)->name);
}

/* Their names alone, so that members can refer to any of them. */
static enum err read_names(const struct reading *r, json_t *types) {
    const char *name;
    json_t *members;
    if (!json_is_object(types)) return refuse(r, "types must be an object");
    size_t n = json_object_size(types);
    if (n > TYPED_MAX_STRUCTS) return refuse(r, "types has %zu structs; at most %d are taken", n, TYPED_MAX_STRUCTS);
    r->types->structs = arena_alloc(r->arena, (n + 1) * sizeof *r->types->structs);
    if (r->types->structs == NULL) return out_of_memory(r);
    json_object_foreach(types, name, members) {
        size_t len = strlen(name);
        if (!is_identifier(name, len, false)) return refuse(r, "types has a name that is no identifier");
        if (is_reserved(name, len)) return refuse(r, "types.%.64s has the name of a type of Solidity", name);
        r->types->structs[r->types->n++].name = name;
    }
    qsort(r->types->structs, n, sizeof *r->types->structs, compare_structs);
    return ERR_OK;
}

static enum err read_member(const struct reading *r, struct typed_struct *owner, const json_t *json) {
    size_t i = owner->n_members;
    struct typed_member *member = &owner->members[i];
    json_t *name = json_object_get(json, "name"), *type = json_object_get(json, "type");
    member->name = json_string_value(name);
    member->type = json_string_value(type);
    if (member->name == NULL || !is_identifier(member->name, json_string_length(name), true)) {
        return refuse(r, "types.%.64s[%zu].name must be an identifier", owner->name, i);
    }
    if (member->type == NULL || !read_ref(&member->ref, r->types, member->type, json_string_length(type))) {
        return refuse(r, "types.%.64s[%zu].type must be a type of EIP-712 or a struct that types has", owner->name, i);
    }
    for (size_t other = 0; other < i; other++) {
        if (strcmp(owner->members[other].name, member->name) != 0) continue;
        return refuse(r, "types.%.64s[%zu].name is the name of another member too", owner->name, i);
    }
    owner->n_members++;
    return ERR_OK;
}

static enum err read_members(const struct reading *r, struct typed_struct *owner, const json_t *members) {
    size_t n = json_array_size(members);
    if (!json_is_array(members)) return refuse(r, "types.%.64s must be an array", owner->name);
    if (n > TYPED_MAX_MEMBERS) {
        return refuse(r, "types.%.64s has %zu members; at most %d are taken", owner->name, n, TYPED_MAX_MEMBERS);
    }
    owner->members = arena_alloc(r->arena, (n + 1) * sizeof *owner->members);
    if (owner->members == NULL) return out_of_memory(r);
    enum err err = ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) err = read_member(r, owner, json_array_get(members, i));
    return err;
}

/* Marks what a struct refers to, and what that refers to in turn. In: reached, a place for each struct. */
static void reach(bool *reached, const struct typed_types *types, size_t from) {
    size_t waiting[TYPED_MAX_STRUCTS], n = 0;
    waiting[n++] = from;
    reached[from] = true;
    while (n > 0) {
        const struct typed_struct *at = &types->structs[waiting[--n]];
        for (size_t i = 0; i < at->n_members; i++) {
            if (at->members[i].ref.of == NULL) continue;
            size_t to = (size_t)(at->members[i].ref.of - types->structs);
            if (!reached[to]) waiting[n++] = to;
            reached[to] = true;
        }
    }
}

/* The text that stands for a struct type. It is hashed as it is written: nobody needs to keep it. */
struct type_text {
    struct keccak hash;
    size_t len;
};

static void add(struct type_text *text, const char *words) {
    size_t n = strlen(words);
    if (text->len <= TYPED_MAX_TEXT_BYTES) keccak_add(&text->hash, words, n);
    text->len += n;
}

static void add_struct(struct type_text *text, const struct typed_struct *of) {
    add(text, of->name);
    add(text, "(");
    for (size_t i = 0; i < of->n_members; i++) {
        if (i > 0) add(text, ",");
        add(text, of->members[i].type);
        add(text, " ");
        add(text, of->members[i].name);
    }
    add(text, ")");
}

static enum err hash_type(const struct reading *r, size_t which) {
    bool reached[TYPED_MAX_STRUCTS] = {false};
    struct typed_struct *of = &r->types->structs[which];
    struct type_text text = {.len = 0};
    reach(reached, r->types, which);
    add_struct(&text, of);
    for (size_t i = 0; i < r->types->n; i++) {
        if (reached[i] && i != which) add_struct(&text, &r->types->structs[i]);
    }
    if (text.len > TYPED_MAX_TEXT_BYTES) {
        return refuse(r, "types.%.64s and what it refers to are longer than %d bytes", of->name, TYPED_MAX_TEXT_BYTES);
    }
    keccak_end(of->type_hash, &text.hash);
    return ERR_OK;
}

enum err typed_types_read(struct typed_types *out, char problem[TYPED_DATA_PROBLEM_BYTES], struct arena *arena,
                          json_t *types) {
    struct reading r = {.types = out, .arena = arena, .problem = problem};
    *out = (struct typed_types){.n = 0};
    enum err err = read_names(&r, types);
    for (size_t i = 0; i < out->n && err == ERR_OK; i++) {
        struct typed_struct *of = &out->structs[i];
        err = read_members(&r, of, json_object_get(types, of->name));
    }
    for (size_t i = 0; i < out->n && err == ERR_OK; i++) err = hash_type(&r, i);
    return err;
}
