/* The four fields of a block that everything else is pinned to.
 * Owns nothing.
 * Any thread: pure functions on a parsed reply. */
#include "block_json.h"

#include <string.h>

#include "eth/hex.h"

static bool read_quantity(uint64_t *out, const json_t *block, const char *key) {
    const json_t *value = json_object_get(block, key);
    return json_is_string(value) && hex_decode_u64(out, json_string_value(value), json_string_length(value)) == ERR_OK;
}

static bool read_hash(hash32 *out, const json_t *block, const char *key) {
    const json_t *value = json_object_get(block, key);
    return json_is_string(value) && hash32_parse(out, json_string_value(value), json_string_length(value)) == ERR_OK;
}

bool block_json_read(struct block_ref *out, const json_t *block) {
    struct block_ref read;
    memset(&read, 0, sizeof(read)); /* padding too: the struct is kept in the cache as bytes */
    if (!read_quantity(&read.number, block, "number") || !read_hash(&read.hash, block, "hash") ||
        !read_hash(&read.parent_hash, block, "parentHash") || !read_quantity(&read.timestamp, block, "timestamp")) {
        return false;
    }
    *out = read;
    return true;
}
