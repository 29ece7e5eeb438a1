/* The four fields of a block that everything else is pinned to.
 * Owns nothing.
 * Any thread: pure functions on a parsed reply. */
#include "block_json.h"

#include <string.h>

#include "json_field.h"

bool block_json_read(struct block_ref *out, const json_t *block) {
    struct block_ref read;
    memset(&read, 0, sizeof(read)); /* padding too: the struct is kept in the cache as bytes */
    if (!json_field_u64(&read.number, block, "number") || !json_field_hash(&read.hash, block, "hash") ||
        !json_field_hash(&read.parent_hash, block, "parentHash") ||
        !json_field_u64(&read.timestamp, block, "timestamp")) {
        return false;
    }
    *out = read;
    return true;
}
