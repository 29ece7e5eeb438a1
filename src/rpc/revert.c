/* Nodes agree that a revert has data, and on little else about where it stands.
 * Owns nothing: decoded bytes go to the caller's arena.
 * Any thread: functions on a parsed reply. */
#include "revert.h"

#include <string.h>

#include "eth/erc20.h"
#include "eth/hex.h"
#include "eth/u256.h"

enum { SELECTOR_BYTES = 4, WORD_BYTES = 32, MAX_NESTING = 3 };

static bool decode(struct arena *arena, const uint8_t **data, size_t *len, const char *hex, size_t hex_len) {
    if (hex_len < 2 || hex_len % 2 != 0) return false;
    size_t cap = (hex_len - 2) / 2;
    uint8_t *bytes = arena_alloc(arena, cap + 1);
    if (bytes == NULL || hex_decode(bytes, cap, len, hex, hex_len) != ERR_OK) return false;
    *data = bytes;
    return true;
}

/* OpenEthereum writes "Reverted 0x...". */
static bool from_text(struct arena *arena, const uint8_t **data, size_t *len, const json_t *text) {
    const char *value = json_string_value(text);
    const char *hex = strstr(value, "0x");
    if (hex == NULL) return false;
    return decode(arena, data, len, hex, json_string_length(text) - (size_t)(hex - value));
}

/* Hardhat nests `data`, Ganache has `result` (before version 7 an object by transaction hash with `return`), wallets in
 * between add `originalError`. */
static bool from_value(struct arena *arena, const uint8_t **data, size_t *len, json_t *value, int nesting) {
    static const char *const keys[] = {"data", "result", "return", "originalError"};
    if (json_is_string(value)) return from_text(arena, data, len, value);
    if (!json_is_object(value) || nesting == MAX_NESTING) return false;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (from_value(arena, data, len, json_object_get(value, keys[i]), nesting + 1)) return true;
    }
    const char *key = json_object_iter_key(json_object_iter(value));
    bool by_hash = key != NULL && strncmp(key, "0x", 2) == 0;
    return by_hash && from_value(arena, data, len, json_object_get(value, key), nesting + 1);
}

bool revert_from_error(struct arena *arena, const uint8_t **data, size_t *len, const json_t *error) {
    return from_value(arena, data, len, json_object_get(error, "data"), 0);
}

/* selector, offset 32, length, text padded to words */
static bool is_error_string(const uint8_t *data, size_t len) {
    if (len < SELECTOR_BYTES + 2 * WORD_BYTES || len % WORD_BYTES != SELECTOR_BYTES) return false;
    if (memcmp(data, erc20_functions[ERC20_ERROR_STRING].selector, SELECTOR_BYTES) != 0) return false;
    u256 offset = u256_from_be(data + SELECTOR_BYTES);
    u256 text_len = u256_from_be(data + SELECTOR_BYTES + WORD_BYTES);
    u256 want = u256_from_u64(WORD_BYTES);
    u256 room = u256_from_u64(len - SELECTOR_BYTES - 2 * WORD_BYTES);
    return u256_cmp(&offset, &want) == 0 && u256_cmp(&text_len, &room) <= 0;
}

bool revert_from_result(struct arena *arena, const uint8_t **data, size_t *len, const json_t *result) {
    static const char prefix[] = "0x08c379a0"; /* spares decoding the usual result here */
    if (!json_is_string(result) || strncmp(json_string_value(result), prefix, sizeof(prefix) - 1) != 0) return false;
    const uint8_t *bytes;
    size_t n;
    if (!decode(arena, &bytes, &n, json_string_value(result), json_string_length(result))) return false;
    if (!is_error_string(bytes, n)) return false;
    *data = bytes;
    *len = n;
    return true;
}
