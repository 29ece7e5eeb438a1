/* Return and revert data in: what a contract sends back is as hostile as its author.
 * Owns nothing; the caller's buffers are read and written in place.
 * Any thread: pure functions. Source: Solidity ABI specification. */
#include "eth/abi.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"
#include "eth/erc20.h"

enum { WORD_BYTES = 32, SELECTOR_BYTES = 4 };

enum err abi_decode_u256(u256 *out, const uint8_t *data, size_t len) {
    if (len < WORD_BYTES) return ERR_NOT_A_TOKEN;
    *out = u256_from_be(data);
    return ERR_OK;
}

/* The word at `at`, which counts bytes of data: past len it is a lie. */
static bool read_size(size_t *out, const uint8_t *data, size_t len, size_t at) {
    if (len < WORD_BYTES || at > len - WORD_BYTES) return false;
    u256 word = u256_from_be(data + at);
    if (!u256_fits_u64(&word) || word.limb[0] > len) return false;
    *out = (size_t)word.limb[0];
    return true;
}

/* Out: the bytes of a `string`, borrowed from data. They need no padding behind them: some contracts leave it out. */
static bool find_string(const uint8_t **text, size_t *text_len, const uint8_t *data, size_t len) {
    size_t offset;
    if (!read_size(&offset, data, len, 0) || !read_size(text_len, data, len, offset)) return false;
    *text = data + offset + WORD_BYTES;
    return *text_len <= len - offset - WORD_BYTES;
}

enum err abi_decode_string(char *out, size_t cap, const uint8_t *data, size_t len) {
    const uint8_t *text = data;
    size_t text_len = len;
    if (len == WORD_BYTES) { /* bytes32 */
        while (text_len > 0 && text[text_len - 1] == 0) text_len--;
    } else if (!find_string(&text, &text_len, data, len)) {
        return ERR_NOT_A_TOKEN;
    }
    utf8_clean(out, cap, text, text_len);
    return ERR_OK;
}

/* Source: Solidity documentation, "Panic via assert and Error via require". */
static const struct {
    uint8_t code;
    const char *meaning;
} panics[] = {
    {0x00, "generic"},
    {0x01, "assertion failed"},
    {0x11, "arithmetic overflow"},
    {0x12, "division by zero"},
    {0x21, "invalid enum value"},
    {0x22, "invalid storage byte array"},
    {0x31, "pop from empty array"},
    {0x32, "array index out of bounds"},
    {0x41, "out of memory"},
    {0x51, "call of an uninitialized function"},
};

static void describe_panic(char *out, size_t cap, const u256 *code) {
    for (size_t i = 0; i < sizeof(panics) / sizeof(panics[0]); i++) {
        u256 known = u256_from_u64(panics[i].code);
        if (u256_cmp(code, &known) == 0) {
            snprintf(out, cap, "panic 0x%02x (%s)", panics[i].code, panics[i].meaning);
            return;
        }
    }
    char hex[U256_HEX_BYTES];
    u256_to_hex(hex, code);
    snprintf(out, cap, "panic %s", hex);
}

static bool has_selector(const uint8_t *data, enum erc20_selector id) {
    return memcmp(data, erc20_functions[id].selector, SELECTOR_BYTES) == 0;
}

size_t abi_decode_revert(char *out, size_t cap, const uint8_t *data, size_t len) {
    assert(cap > 0);
    out[0] = '\0';
    if (len < SELECTOR_BYTES) return 0;

    const uint8_t *args = data + SELECTOR_BYTES;
    size_t args_len = len - SELECTOR_BYTES;
    const uint8_t *text;
    size_t text_len;
    u256 code;
    if (has_selector(data, ERC20_ERROR_STRING) && find_string(&text, &text_len, args, args_len)) {
        return utf8_clean(out, cap, text, text_len);
    }
    if (has_selector(data, ERC20_PANIC) && abi_decode_u256(&code, args, args_len) == ERR_OK) {
        describe_panic(out, cap, &code);
    } else {
        snprintf(out, cap, "custom error 0x%02x%02x%02x%02x", data[0], data[1], data[2], data[3]);
    }
    return strlen(out);
}
