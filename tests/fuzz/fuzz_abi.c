/* Feeds eth/abi any return and revert data: text that comes out is short, ended and clean, whatever went in.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "eth/abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 256 };

static void assert_clean(const char *text, size_t cap) {
    char again[CAP];
    size_t len = strnlen(text, cap);
    assert(len < cap);
    assert(utf8_clean(again, sizeof(again), text, len) == len && memcmp(again, text, len) == 0);
}

static void check_u256(const uint8_t *data, size_t size) {
    u256 value;
    uint8_t word[32];
    enum err err = abi_decode_u256(&value, data, size);
    assert((err == ERR_OK) == (size >= 32));
    if (err != ERR_OK) return;
    u256_to_be(word, &value);
    assert(memcmp(word, data, 32) == 0);
}

static bool is_past_64_bits(const uint8_t *word) {
    static const uint8_t zeros[24];
    return memcmp(word, zeros, sizeof(zeros)) != 0;
}

/* A smaller buffer gets the beginning of the same text, and the same verdict. */
static void check_string(const uint8_t *data, size_t size) {
    char text[CAP], beginning[8];
    enum err err = abi_decode_string(text, sizeof(text), data, size);
    assert(abi_decode_string(beginning, sizeof(beginning), data, size) == err);
    assert(size != 32 || err == ERR_OK);
    if (err != ERR_OK) return;
    assert(size == 32 || !is_past_64_bits(data));
    assert_clean(text, sizeof(text));
    assert_clean(beginning, sizeof(beginning));
    assert(strncmp(text, beginning, strlen(beginning)) == 0);
}

static void check_revert(const uint8_t *data, size_t size) {
    char text[CAP], beginning[8];
    size_t len = abi_decode_revert(text, sizeof(text), data, size);
    assert_clean(text, sizeof(text));
    assert(len == strlen(text));
    size_t short_len = abi_decode_revert(beginning, sizeof(beginning), data, size);
    assert(short_len == strlen(beginning) && short_len <= len && memcmp(text, beginning, short_len) == 0);
}

/* The input as the text of a well-formed reply: it must come back, cleaned. */
static void check_encoded(const uint8_t *data, size_t size) {
    uint8_t *reply = calloc(64 + size, 1);
    char expected[CAP], text[CAP];
    u256 offset = u256_from_u64(32), length = u256_from_u64(size);
    u256_to_be(reply, &offset);
    u256_to_be(reply + 32, &length);
    if (size > 0) memcpy(reply + 64, data, size);
    utf8_clean(expected, sizeof(expected), data, size);
    assert(abi_decode_string(text, sizeof(text), reply, 64 + size) == ERR_OK);
    assert(strcmp(text, expected) == 0);
    assert(size == 0 || abi_decode_string(text, sizeof(text), reply, 63 + size) == ERR_NOT_A_TOKEN);
    free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_u256(data, size);
    check_string(data, size);
    check_revert(data, size);
    check_encoded(data, size);
    return 0;
}
