/* Reads a whole ABI: its structs first, to which any signature may refer, then item by item.
 * Memory of what is read is the arena's; the JSON is borrowed.
 * Any thread: pure functions. */
#include "eth/abi_read.h"

#include <jansson.h>
#include <stdio.h>
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
    return true;
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
