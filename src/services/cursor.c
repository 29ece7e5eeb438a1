/* Opaque cursors: a version, what the list is, where it goes on, and a checksum, as base64url. Owns nothing; pure. */
#include "services/cursor.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "core/siphash.h"

enum {
    VERSION = 1,
    HEAD_BYTES = 1 + 1 + 8 + 8 + 8 + 32,
    CHECKSUM_BYTES = 8,
    MAX_BYTES = HEAD_BYTES + CURSOR_MAX_PLACE_BYTES + CHECKSUM_BYTES
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

uint8_t *cursor_put(uint8_t *p, uint64_t value, size_t bytes) {
    for (size_t i = bytes; i > 0; i--) *p++ = (uint8_t)(value >> (8 * (i - 1)));
    return p;
}

uint64_t cursor_get(const uint8_t **p, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) value = value << 8 | *(*p)++;
    return value;
}

/* A typing error or a cut off end is found; whoever wants to make up a cursor may. */
static uint64_t checksum(const uint8_t *bytes, size_t len) {
    static const uint64_t key[2] = {7, 8};
    return siphash24(key, bytes, len);
}

static char *write_base64(char *out, const uint8_t *bytes, size_t len) {
    uint32_t bits = 0;
    unsigned n_bits = 0;
    char *p = out;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6) *p++ = alphabet[bits >> (n_bits - 6) & 63];
    }
    if (n_bits > 0) *p++ = alphabet[bits << (6 - n_bits) & 63];
    *p = '\0';
    return out;
}

/* Exactly len bytes, in the one spelling that they have. */
static bool read_base64(uint8_t *out, size_t len, const char *text, size_t text_len) {
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;
    if (text_len != (len * 8 + 5) / 6) return false;
    for (size_t i = 0; i < text_len; i++) {
        const char *digit = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
        if (digit == NULL) return false;
        bits = bits << 6 | (uint32_t)(digit - alphabet);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[n++] = (uint8_t)(bits >> n_bits);
        }
    }
    return (bits & ((1u << n_bits) - 1)) == 0;
}

char *cursor_encode(char out[CURSOR_TEXT_BYTES], const struct cursor *cursor) {
    uint8_t bytes[MAX_BYTES], *p = bytes;
    assert(cursor->place_len <= CURSOR_MAX_PLACE_BYTES);
    p = cursor_put(p, VERSION, 1);
    p = cursor_put(p, cursor->kind, 1);
    p = cursor_put(p, cursor->chain_id, 8);
    p = cursor_put(p, cursor->filter, 8);
    p = cursor_put(p, cursor->block_number, 8);
    memcpy(p, cursor->block_hash.bytes, sizeof cursor->block_hash.bytes);
    p += sizeof cursor->block_hash.bytes;
    memcpy(p, cursor->place, cursor->place_len);
    p += cursor->place_len;
    p = cursor_put(p, checksum(bytes, (size_t)(p - bytes)), CHECKSUM_BYTES);
    return write_base64(out, bytes, (size_t)(p - bytes));
}

enum err cursor_decode(struct cursor *cursor, const char *text, size_t len) {
    uint8_t bytes[MAX_BYTES];
    assert(cursor->place_len <= CURSOR_MAX_PLACE_BYTES);
    size_t body_len = HEAD_BYTES + cursor->place_len;
    if (!read_base64(bytes, body_len + CHECKSUM_BYTES, text, len)) return ERR_INVALID_CURSOR;
    const uint8_t *p = bytes, *end = bytes + body_len;
    if (cursor_get(&end, CHECKSUM_BYTES) != checksum(bytes, body_len)) return ERR_INVALID_CURSOR;
    if (cursor_get(&p, 1) != VERSION || cursor_get(&p, 1) != (uint64_t)cursor->kind) return ERR_INVALID_CURSOR;
    if (cursor_get(&p, 8) != cursor->chain_id || cursor_get(&p, 8) != cursor->filter) return ERR_INVALID_CURSOR;
    cursor->block_number = cursor_get(&p, 8);
    memcpy(cursor->block_hash.bytes, p, sizeof cursor->block_hash.bytes);
    p += sizeof cursor->block_hash.bytes;
    memcpy(cursor->place, p, cursor->place_len);
    return ERR_OK;
}
