/* Feeds any text to the depth check and to jansson: of text that jansson understands, exactly that which nests no
 * deeper passes. The first byte chooses the depth; at 64, jansson parses nothing that was refused. Owns nothing between
 * inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>

#include "core/json_depth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned max(unsigned a, unsigned b) {
    return a > b ? a : b;
}

static unsigned nesting(json_t *json) {
    unsigned below = 0;
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_array(json)) {
        json_array_foreach(json, i, value) below = max(below, nesting(value));
        return below + 1;
    }
    if (!json_is_object(json)) return 0;
    json_object_foreach(json, key, value) below = max(below, nesting(value));
    return below + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const char *text = (const char *)data + 1;
    unsigned depth = data[0] % (JSON_MAX_DEPTH + 1);
    bool within = json_depth_within(text, size - 1, depth);
    assert(!within || json_depth_within(text, size - 1, depth + 1));
    json_t *json = json_loadb(text, size - 1, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    if (json != NULL) assert(within == (nesting(json) <= depth));
    json_decref(json);
    return 0;
}
