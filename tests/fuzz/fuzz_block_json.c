/* Feeds any JSON to the reader of blocks: what it takes for a block, written down again, is the same block.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <string.h>

#include "core/json_depth.h"
#include "eth/hex.h"
#include "rpc/block_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *write_block(const struct block_ref *block) {
    char number[19], timestamp[19], hash[HASH32_TEXT_BYTES], parent_hash[HASH32_TEXT_BYTES];
    return json_pack("{ss ss ss ss}", "number", hex_encode_u64(number, block->number), "timestamp",
                     hex_encode_u64(timestamp, block->timestamp), "hash", hash32_format(hash, &block->hash),
                     "parentHash", hash32_format(parent_hash, &block->parent_hash));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct block_ref block, again;
    if (!json_depth_within((const char *)data, size, JSON_MAX_DEPTH)) return 0;
    json_t *json = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (block_json_read(&block, json)) {
        json_t *written = write_block(&block);
        assert(!block.finalized);
        assert(block_json_read(&again, written));
        assert(memcmp(&block, &again, sizeof(block)) == 0);
        json_decref(written);
    }
    json_decref(json);
    return 0;
}
