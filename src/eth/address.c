/* Addresses come in as clients type them and go out with a checksum, so that a typo is caught before it costs money.
 * Owns nothing; addresses and hashes are plain values.
 * Any thread: pure functions. Source of the checksum: EIP-55. */
#include "eth/address.h"

#include <string.h>

#include "eth/hex.h"
#include "eth/keccak.h"

enum { ADDRESS_DIGITS = 40 };

/* Eight hex digits at a time: letters have the bit 0x40, and lower-case ones 0x20 as well. */
static bool is_mixed_case(const char *digits) {
    const uint64_t letter = 0x4040404040404040;
    uint64_t lower = 0;
    uint64_t upper = 0;
    for (size_t i = 0; i < ADDRESS_DIGITS; i += 8) {
        uint64_t eight;
        memcpy(&eight, digits + i, sizeof eight);
        lower |= eight & eight << 1 & letter;
        upper |= eight & ~(eight << 1) & letter;
    }
    return lower != 0 && upper != 0;
}

/* An address and its text; "" where nothing is kept yet. */
struct kept {
    address of;
    char text[ADDRESS_TEXT_BYTES];
};

static bool is_kept(const struct kept *kept, const address *a) {
    return kept->text[0] != '\0' && address_equal(&kept->of, a);
}

static void keep(struct kept *kept, const address *a) {
    char *digits = hex_encode(kept->text, a->bytes, sizeof(a->bytes)) + 2;
    uint8_t hash[32];
    keccak256(hash, digits, ADDRESS_DIGITS);
    for (size_t i = 0; i < ADDRESS_DIGITS; i++) {
        unsigned nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
        if (nibble >= 8 && digits[i] >= 'a') digits[i] = (char)(digits[i] - 'a' + 'A');
    }
    kept->of = *a;
}

/* A thread shows the same few tokens and wallets over and over, and hashing them was an eighth of the time of an answer
 * from the cache. Each address has two places here, by its last bytes, the latest one in the first; who wants it to
 * miss only costs himself a hash. Returns the text with its checksum, which is there until the next one is asked for.
 */
static const char *kept_text(const address *a) {
    enum { PAIRS = 1024 };
    static _Thread_local struct kept recent[PAIRS][2];
    struct kept *pair = recent[(a->bytes[19] | (size_t)a->bytes[18] << 8) % PAIRS];
    if (!is_kept(&pair[0], a)) {
        struct kept other = pair[0];
        if (is_kept(&pair[1], a)) {
            pair[0] = pair[1];
        } else {
            keep(&pair[0], a);
        }
        pair[1] = other;
    }
    return pair[0].text;
}

enum err address_parse(address *out, const char *text, size_t len) {
    if (len != 2 + ADDRESS_DIGITS || text[0] != '0' || (text[1] != 'x' && text[1] != 'X')) return ERR_INVALID_ADDRESS;
    const char *digits = text + 2;
    address parsed;
    if (!hex_read(parsed.bytes, sizeof parsed.bytes, digits)) return ERR_INVALID_ADDRESS;
    if (is_mixed_case(digits) && memcmp(digits, kept_text(&parsed) + 2, ADDRESS_DIGITS) != 0)
        return ERR_CHECKSUM_MISMATCH;
    *out = parsed;
    return ERR_OK;
}

char *address_format(char out[ADDRESS_TEXT_BYTES], const address *a) {
    return memcpy(out, kept_text(a), ADDRESS_TEXT_BYTES);
}

int address_compare(const void *a, const void *b) {
    return memcmp(a, b, sizeof(address));
}

size_t address_place(bool *found, const void *items, size_t n, size_t size, const address *a) {
    size_t low = 0, high = n;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = address_compare((const uint8_t *)items + middle * size, a);
        if (order == 0) *found = true;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
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
