/* Feeds any JSON to the reader of transactions: what is read has the hash that was asked for, and data that is the
 * text's.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_depth.h"
#include "eth/hex.h"
#include "rpc/tx_json.h"

enum { ARENA_BYTES = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_data(const struct tx_read *tx, const json_t *json) {
    const char *text = json_string_value(json_object_get(json, "input"));
    char *hex = malloc(2 * tx->data_len + 3);
    hex_encode(hex, tx->data, tx->data_len);
    assert(strcasecmp(hex, text) == 0);
    free(hex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const hash32 hash = {{[31] = 0xab}};
    if (!json_depth_within((const char *)data, size, JSON_MAX_DEPTH)) return 0;
    json_t *json = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct arena *arena = arena_new(ARENA_BYTES);
    struct tx_read tx;
    if (tx_json_read(&tx, arena, json, &hash)) {
        assert(tx.known);
        check_data(&tx, json);
    }
    arena_free(arena);
    json_decref(json);
    return 0;
}
