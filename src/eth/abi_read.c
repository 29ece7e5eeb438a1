/* Reads a whole ABI: its structs first, to which any signature may refer, then item by item.
 * Memory of what is read is the arena's; the JSON is borrowed.
 * Any thread: pure functions. */
#include "eth/abi_read.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi_reading.h"
#include "core/json_depth.h"

static bool read_item(struct abi_reading *reading, struct abi_item *out, bool *is_kept, const json_t *json) {
    reading->name = "";
    if (json_is_object(json)) return abi_read_object(reading, out, is_kept, json);
    if (json_is_string(json)) {
        return abi_read_human(reading, out, is_kept, json_string_value(json), json_string_length(json));
    }
    return abi_refuse(reading, "must be an object, or a string with a signature");
}

static bool have_same_types(const struct abi_params *a, const struct abi_params *b);

static bool is_same_type(const struct abi_type *a, const struct abi_type *b) {
    if (a->kind != b->kind || a->size != b->size || a->length != b->length) return false;
    if (a->kind == ABI_ARRAY) return is_same_type(a->item, b->item);
    return a->kind != ABI_TUPLE || have_same_types(&a->components, &b->components);
}

static bool have_same_types(const struct abi_params *a, const struct abi_params *b) {
    size_t i = 0;
    while (i < a->n && i < b->n && is_same_type(&a->list[i].type, &b->list[i].type)) i++;
    return i == a->n && i == b->n;
}

/* How two items of one kind and signature differ. */
enum difference { SAME, APART, CONTRADICTION };

/* A log tells by its topics of which event it is: by as many as are indexed, not by which. In: events. */
static enum difference compare_indexed(const struct abi_params *a, const struct abi_params *b) {
    size_t n_a = 0, n_b = 0;
    bool differ = false;
    for (size_t i = 0; i < a->n; i++) {
        n_a += a->list[i].indexed ? 1 : 0;
        n_b += b->list[i].indexed ? 1 : 0;
        differ = differ || a->list[i].indexed != b->list[i].indexed;
    }
    return n_a != n_b ? APART : differ ? CONTRADICTION : SAME;
}

static enum difference compare_items(const struct abi_item *a, const struct abi_item *b) {
    if (a->kind == ABI_ITEM_EVENT && a->anonymous != b->anonymous) return APART;
    if (a->kind == ABI_ITEM_EVENT) return compare_indexed(&a->inputs, &b->inputs);
    return have_same_types(&a->outputs, &b->outputs) ? SAME : CONTRADICTION;
}

/* By kind and signature; among equals as they stand in the ABI. */
static int order_items(const void *a, const void *b) {
    const struct abi_item *left = *(const struct abi_item *const *)a, *right = *(const struct abi_item *const *)b;
    if (left->kind != right->kind) return left->kind < right->kind ? -1 : 1;
    int order = strcmp(left->signature, right->signature);
    return order != 0 ? order : (left > right) - (left < right);
}

static bool is_one_item(const struct abi_item *a, const struct abi_item *b) {
    return a->kind == b->kind && strcmp(a->signature, b->signature) == 0;
}

/* In: sorted, of which the first n_kept have been kept. Out: whether the item is one of them. */
static bool is_repeated(struct abi_reading *reading, bool *out, const struct abi_item **sorted, size_t n_kept,
                        const struct abi_item *item) {
    *out = false;
    for (size_t i = n_kept; i-- > 0 && is_one_item(sorted[i], item);) {
        enum difference difference = compare_items(sorted[i], item);
        reading->index = ABI_NO_INDEX;
        reading->name = item->name;
        if (difference == CONTRADICTION) {
            return abi_refuse(reading, "%s is in the ABI twice, and not the same", item->signature);
        }
        *out = *out || difference == SAME;
    }
    return true;
}

/* ABIs that were put together of several have items twice, which would make names ambiguous: the first of them counts.
 * Where they contradict each other nobody can tell which is right. */
static bool drop_repeated(struct abi_reading *reading, struct abi *abi, struct abi_item *items) {
    const size_t n = abi->n_items;
    const struct abi_item **sorted = abi_alloc(reading, (n + 1) * sizeof *sorted);
    bool *dropped = abi_alloc(reading, n + 1);
    if (sorted == NULL || dropped == NULL) return false;
    for (size_t i = 0; i < n; i++) sorted[i] = &items[i];
    qsort(sorted, n, sizeof *sorted, order_items);
    for (size_t i = 0, n_kept = 0; i < n; i++) {
        const struct abi_item *item = sorted[i];
        bool *repeated = &dropped[item - items];
        if (!is_repeated(reading, repeated, sorted, n_kept, item)) return false;
        if (!*repeated) sorted[n_kept++] = item;
    }
    abi->n_items = 0;
    for (size_t i = 0; i < n; i++) {
        if (!dropped[i]) items[abi->n_items++] = items[i];
    }
    return true;
}

static bool read_items(struct abi_reading *reading, struct abi *out, const json_t *json) {
    size_t n = json_array_size(json);
    struct abi_item *items = abi_alloc(reading, (n + 1) * sizeof *items);
    if (items == NULL || !abi_read_structs(reading, json)) return false;
    *out = (struct abi){.items = items};
    for (size_t i = 0; i < n; i++) {
        bool is_kept;
        reading->index = (long)i;
        if (!read_item(reading, &items[out->n_items], &is_kept, json_array_get(json, i))) return false;
        if (is_kept) out->n_items++;
    }
    return drop_repeated(reading, out, items);
}

static bool read_abi(struct abi_reading *reading, const struct abi **out, const json_t *json) {
    if (!json_is_array(json)) return abi_refuse(reading, "an ABI must be an array of items");
    if (json_array_size(json) > ABI_MAX_ITEMS) {
        return abi_refuse(reading, "the ABI has %zu items; at most %d are taken", json_array_size(json), ABI_MAX_ITEMS);
    }
    struct abi *abi = abi_alloc(reading, sizeof *abi);
    if (abi == NULL || !read_items(reading, abi, json)) return false;
    *out = abi;
    return true;
}

static struct abi_reading begin(struct arena *arena, char *problem) {
    problem[0] = '\0';
    return (struct abi_reading){.arena = arena, .problem = problem, .index = ABI_NO_INDEX, .name = ""};
}

enum err abi_read(const struct abi **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES], const json_t *json) {
    struct abi_reading reading = begin(arena, problem);
    return read_abi(&reading, out, json) ? ERR_OK : reading.err;
}

/* Before jansson, which recurses, and passes over a NUL behind a word or a number. */
static bool check_text(struct abi_reading *reading, const char *text, size_t len) {
    if (len > ABI_MAX_TEXT_BYTES) {
        return abi_refuse(reading, "the ABI has %zu bytes; at most %d are taken", len, ABI_MAX_TEXT_BYTES);
    }
    if (!json_depth_within(text, len, JSON_MAX_DEPTH)) {
        return abi_refuse(reading, "the ABI is nested more than %d deep", JSON_MAX_DEPTH);
    }
    return (len > 0 && memchr(text, '\0', len) == NULL) || abi_refuse(reading, "the ABI is no JSON");
}

enum err abi_read_text(const struct abi **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES], const char *text,
                       size_t len) {
    struct abi_reading reading = begin(arena, problem);
    json_error_t error;
    if (!check_text(&reading, text, len)) return reading.err;
    json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, &error);
    if (json == NULL) {
        (void)abi_refuse(&reading, "the ABI is no JSON: line %d, column %d: %.100s", error.line, error.column,
                         error.text);
        return reading.err;
    }
    bool is_read = read_abi(&reading, out, json);
    json_decref(json);
    return is_read ? ERR_OK : reading.err;
}

enum err abi_read_signature(const struct abi_item **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES],
                            const char *text, size_t len) {
    struct abi_reading reading = begin(arena, problem);
    bool is_kept;
    struct abi_item *item = abi_alloc(&reading, sizeof *item);
    if (item == NULL || !abi_read_human(&reading, item, &is_kept, text, len)) return reading.err;
    if (!is_kept) {
        (void)abi_refuse(&reading, "the signature must be that of a function, event, error or constructor");
        return reading.err;
    }
    *out = item;
    return ERR_OK;
}
