/* Feeds eth/typed_data any JSON: what has a hash has the same one when jansson writes it again, with its members in
 * another order and its text escaped; what has none says why.
 * Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "eth/typed_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 8 * 1024 * 1024 };

static enum err hash_of(hash32 *out, const char *json, size_t len) {
    char problem[TYPED_DATA_PROBLEM_BYTES];
    struct arena *arena = arena_new(ARENA_BYTES);
    memset(problem, 'x', sizeof problem);
    enum err err = typed_data_hash(out, problem, arena, json, len);
    assert(err == ERR_OK || err == ERR_INVALID_JSON);
    assert(err == ERR_OK || memchr(problem, '\0', sizeof problem) != NULL);
    arena_free(arena);
    return err;
}

static void check_rewritten(const hash32 *hash, const char *json, size_t len, size_t flags) {
    hash32 again;
    json_t *root = json_loadb(json, len, JSON_ALLOW_NUL, NULL);
    char *text = json_dumps(root, flags);
    assert(text != NULL);
    if (strlen(text) <= TYPED_DATA_MAX_BYTES) {
        assert(hash_of(&again, text, strlen(text)) == ERR_OK);
        assert(hash32_equal(&again, hash));
    }
    free(text);
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *json = (const char *)data;
    hash32 hash;
    if (hash_of(&hash, json, size) != ERR_OK) return 0;
    check_rewritten(&hash, json, size, JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    check_rewritten(&hash, json, size, JSON_INDENT(2));
    return 0;
}
