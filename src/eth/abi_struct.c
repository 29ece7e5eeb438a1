/* The structs that human-readable signatures refer to, by name and in any order. Each is read once, when it is first
 * needed, and then shared by whatever uses it.
 * Memory of what is read is the arena's; the texts are borrowed.
 * Any thread: pure functions. Source: viem's parseAbi. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "abi_signature.h"

struct abi_struct {
    const char *name;
    struct abi_text members; /* behind the opening brace */
    long index;              /* of its item */
    enum { UNREAD, IN_READING, READ } progress;
    struct abi_type type;
    size_t n_types; /* it stands for */
};

bool abi_is_struct(const struct abi_text *text) {
    struct abi_text rest = *text;
    return abi_take_word(&rest, "struct");
}

static int compare_name(const char *text, size_t len, const char *name) {
    size_t n = strlen(name);
    int order = memcmp(text, name, len < n ? len : n);
    return order != 0 ? order : (len > n) - (len < n);
}

struct abi_struct *abi_find_struct(const struct abi_reading *reading, const char *name, size_t len) {
    size_t low = 0, high = reading->n_structs;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_name(name, len, reading->structs[middle].name);
        if (order == 0) return &reading->structs[middle];
        if (order < 0) high = middle;
        if (order > 0) low = middle + 1;
    }
    return NULL;
}

static bool read_members(struct abi_reading *reading, struct abi_struct *of, unsigned depth) {
    struct abi_params members;
    struct abi_text text = of->members;
    reading->n_types = 0;
    if (depth == ABI_MAX_DEPTH) return abi_refuse(reading, "structs are nested more than %d deep", ABI_MAX_DEPTH);
    of->progress = IN_READING;
    if (!abi_read_list(reading, &members, &text, &abi_struct_list, depth + 1)) return false;
    if (!abi_expect_end(reading, &text) || !abi_make_tuple(reading, &of->type, &members)) return false;
    of->progress = READ;
    of->n_types = reading->n_types;
    return true;
}

/* What it stands for is counted where it is used, each time: structs of structs would double from one to the next. */
static bool read_struct(struct abi_reading *reading, struct abi_struct *of, unsigned depth) {
    const size_t n_types = reading->n_types;
    const long index = reading->index;
    const char *name = reading->name;
    reading->index = of->index;
    reading->name = of->name;
    if (of->progress == IN_READING) return abi_refuse(reading, "the struct contains itself");
    if (of->progress == UNREAD && !read_members(reading, of, depth)) return false;
    reading->n_types = n_types;
    reading->index = index;
    reading->name = name;
    return true;
}

bool abi_use_struct(struct abi_reading *reading, struct abi_type *out, struct abi_struct *of, unsigned depth) {
    if (!read_struct(reading, of, depth)) return false;
    *out = of->type;
    return abi_count_types(reading, of->n_types);
}

/* Its name alone, so that others can refer to it. */
static bool read_name(struct abi_reading *reading, struct abi_struct *of, struct abi_text text) {
    reading->name = "";
    of->index = reading->index;
    (void)abi_take_word(&text, "struct");
    if (!abi_take_name(reading, &of->name, "struct", &text)) return false;
    reading->name = of->name;
    if (abi_is_keyword(of->name, strlen(of->name))) {
        return abi_refuse(reading, "a struct cannot be called %s, a word of Solidity's", of->name);
    }
    if (!abi_take_char(&text, '{')) return abi_refuse(reading, "a struct is written: struct Name { type name; }");
    of->members = text;
    return true;
}

static int compare_structs(const void *a, const void *b) {
    return strcmp(((const struct abi_struct *)a)->name, ((const struct abi_struct *)b)->name);
}

static bool read_names(struct abi_reading *reading, const json_t *items) {
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (!json_is_string(item)) continue;
        const char *p = json_string_value(item);
        const struct abi_text text = {.p = p, .end = p + json_string_length(item)};
        if (!abi_is_struct(&text)) continue;
        reading->index = (long)i;
        if (!read_name(reading, &reading->structs[reading->n_structs], text)) return false;
        reading->n_structs++;
    }
    qsort(reading->structs, reading->n_structs, sizeof *reading->structs, compare_structs);
    return true;
}

static bool check_names(struct abi_reading *reading) {
    for (size_t i = 1; i < reading->n_structs; i++) {
        const struct abi_struct *of = &reading->structs[i];
        if (strcmp(of->name, of[-1].name) != 0) continue;
        reading->index = of->index;
        reading->name = of->name;
        return abi_refuse(reading, "another struct has this name too: abi[%ld]", of[-1].index);
    }
    return true;
}

static size_t count_structs(const json_t *items) {
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(items); i++) n += json_is_string(json_array_get(items, i)) ? 1 : 0;
    return n;
}

bool abi_read_structs(struct abi_reading *reading, const json_t *items) {
    reading->structs = abi_alloc(reading, (count_structs(items) + 1) * sizeof *reading->structs);
    if (reading->structs == NULL || !read_names(reading, items) || !check_names(reading)) return false;
    for (size_t i = 0; i < reading->n_structs; i++) {
        if (!read_struct(reading, &reading->structs[i], 0)) return false;
    }
    return true;
}
