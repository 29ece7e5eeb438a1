/* Addresses come in as clients type them and go out with a checksum, so that a typo is caught before it costs money.
 * Owns nothing; addresses and hashes are plain values.
 * Any thread: pure functions. Source of the checksum: EIP-55. */
#include "eth/address.h"

#include <string.h>

#include "eth/hex.h"
#include "eth/keccak.h"

enum { ADDRESS_DIGITS = 40 };

static bool is_mixed_case(const char *digits) {
    bool lower = false;
    bool upper = false;
    for (size_t i = 0; i < ADDRESS_DIGITS; i++) {
        lower |= digits[i] >= 'a';
        upper |= digits[i] >= 'A' && digits[i] < 'a';
    }
    return lower && upper;
}

enum err address_parse(address *out, const char *text, size_t len) {
    if (len != 2 + ADDRESS_DIGITS || text[0] != '0' || (text[1] != 'x' && text[1] != 'X')) return ERR_INVALID_ADDRESS;
    const char *digits = text + 2;
    address parsed;
    for (size_t i = 0; i < sizeof(parsed.bytes); i++) {
        int high = hex_digit(digits[2 * i]);
        int low = hex_digit(digits[2 * i + 1]);
        if (high < 0 || low < 0) return ERR_INVALID_ADDRESS;
        parsed.bytes[i] = (uint8_t)(high << 4 | low);
    }

    if (is_mixed_case(digits)) {
        char expected[ADDRESS_TEXT_BYTES];
        address_format(expected, &parsed);
        if (memcmp(digits, expected + 2, ADDRESS_DIGITS) != 0) return ERR_CHECKSUM_MISMATCH;
    }
    *out = parsed;
    return ERR_OK;
}

static void write_checksummed(char out[ADDRESS_TEXT_BYTES], const address *a) {
    char *digits = hex_encode(out, a->bytes, sizeof(a->bytes)) + 2;
    uint8_t hash[32];
    keccak256(hash, digits, ADDRESS_DIGITS);
    for (size_t i = 0; i < ADDRESS_DIGITS; i++) {
        unsigned nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
        if (nibble >= 8 && digits[i] >= 'a') digits[i] = (char)(digits[i] - 'a' + 'A');
    }
}

/* A thread shows the same few tokens and wallets over and over, and hashing them was an eighth of the time of an answer
 * from the cache. Each address has one place here, by its last byte; who wants it to miss only costs himself a hash. */
char *address_format(char out[ADDRESS_TEXT_BYTES], const address *a) {
    static _Thread_local struct {
        address of;
        char text[ADDRESS_TEXT_BYTES]; /* "" where nothing was kept yet */
    } recent[256];
    size_t place = a->bytes[19];
    if (recent[place].text[0] == '\0' || !address_equal(&recent[place].of, a)) {
        write_checksummed(recent[place].text, a);
        recent[place].of = *a;
    }
    memcpy(out, recent[place].text, ADDRESS_TEXT_BYTES);
    return out;
}

bool address_equal(const address *a, const address *b) {
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

enum err hash32_parse(hash32 *out, const char *text, size_t len) {
    return hex_decode_exact(out->bytes, sizeof(out->bytes), text, len);
}

char *hash32_format(char out[HASH32_TEXT_BYTES], const hash32 *h) {
    return hex_encode(out, h->bytes, sizeof(h->bytes));
}

bool hash32_equal(const hash32 *a, const hash32 *b) {
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
