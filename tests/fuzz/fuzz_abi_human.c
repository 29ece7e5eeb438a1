/* Feeds eth/abi_read any lines as human-readable signatures: what is read is within its bounds and reads the same when
 * it is written again, and a single line means by itself what it means in an ABI.
 * Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include "abi_round_trip.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *lines_of(const char *p, const char *end) {
    json_t *lines = json_array();
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline != NULL ? newline : end;
        json_array_append_new(lines, json_stringn_nocheck(p, (size_t)(stop - p)));
        p = stop + 1;
    }
    return lines;
}

static void check_alone(struct arena *arena, enum err err, const struct abi *abi, const json_t *line) {
    char problem[ABI_PROBLEM_BYTES];
    const struct abi_item *item;
    enum err alone = abi_read_signature(&item, arena, problem, json_string_value(line), json_string_length(line));
    assert((alone == ERR_OK) == (err == ERR_OK && abi->n_items == 1));
    if (alone == ERR_OK) check_same_item(item, &abi->items[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char problem[ABI_PROBLEM_BYTES];
    const struct abi *abi = NULL;
    struct arena *arena = arena_new(ABI_ARENA_BYTES);
    json_t *lines = lines_of((const char *)data, (const char *)data + size);
    memset(problem, 'x', sizeof problem);
    enum err err = abi_read(&abi, arena, problem, lines);
    check_abi(err, abi, problem);
    if (json_array_size(lines) == 1) check_alone(arena, err, abi, json_array_get(lines, 0));
    json_decref(lines);
    arena_free(arena);
    return 0;
}
