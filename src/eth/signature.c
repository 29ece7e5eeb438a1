/* Recovers who signed. libsecp256k1 does the curve; what Ethereum adds stands here: the ranges, the two layouts, the
 * hash of a message. Owns libsecp256k1's one context, which is only read between start and stop.
 * Any thread. Sources: SEC 1, EIP-2, EIP-191, EIP-2098; SEC 2 for the group's order. */
#include "eth/signature.h"

#include <assert.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/digest.h"
#include "eth/keccak.h"

enum {
    SCALAR_BYTES = 32,
    RS_BYTES = 2 * SCALAR_BYTES,
    COMPACT_BYTES = RS_BYTES,   /* EIP-2098 */
    PLAIN_BYTES = RS_BYTES + 1, /* r, s, v */
    PARITY_BIT = 0x80,          /* of the first byte of s */
    UNCOMPRESSED_BYTES = 1 + PUBLIC_KEY_BYTES
};

/* The order of the group, n, and the largest s that EIP-2 allows, n / 2; big-endian. */
static const uint8_t order[SCALAR_BYTES] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
};
static const uint8_t half_order[SCALAR_BYTES] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
};

static secp256k1_context *context;

void signature_start(void) {
    uint8_t seed[32];
    assert(context == NULL);
    context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    secure_random(seed, sizeof seed);
    if (context == NULL || secp256k1_context_randomize(context, seed) != 1) abort();
    secure_wipe(seed, sizeof seed);
}

void signature_stop(void) {
    secp256k1_context_destroy(context);
    context = NULL;
}

static bool is_zero(const uint8_t scalar[SCALAR_BYTES]) {
    static const uint8_t zero[SCALAR_BYTES];
    return memcmp(scalar, zero, SCALAR_BYTES) == 0;
}

static bool is_in_range(const struct signature *signature) {
    if (is_zero(signature->r) || memcmp(signature->r, order, SCALAR_BYTES) >= 0) return false;
    return !is_zero(signature->s) && memcmp(signature->s, half_order, SCALAR_BYTES) <= 0;
}

/* Wallets write the parity itself or, as Bitcoin did, 27 more. */
static bool read_v(unsigned *y_parity, uint8_t v) {
    *y_parity = v >= 27 ? v - 27U : v;
    return *y_parity <= 1;
}

enum err signature_parse(struct signature *out, const uint8_t *data, size_t len) {
    if (len != COMPACT_BYTES && len != PLAIN_BYTES) return ERR_INVALID_SIGNATURE;
    memcpy(out->r, data, SCALAR_BYTES);
    memcpy(out->s, data + SCALAR_BYTES, SCALAR_BYTES);
    if (len == COMPACT_BYTES) {
        out->y_parity = (out->s[0] & PARITY_BIT) != 0;
        out->s[0] &= (uint8_t)~PARITY_BIT;
    } else if (!read_v(&out->y_parity, data[RS_BYTES])) {
        return ERR_INVALID_SIGNATURE;
    }
    return is_in_range(out) ? ERR_OK : ERR_INVALID_SIGNATURE;
}

enum err signature_recover(address *out, const struct signature *signature, const hash32 *hash) {
    uint8_t rs[RS_BYTES], serialized[UNCOMPRESSED_BYTES];
    size_t len = sizeof serialized;
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    memcpy(rs, signature->r, SCALAR_BYTES);
    memcpy(rs + SCALAR_BYTES, signature->s, SCALAR_BYTES);
    int y_parity = (int)signature->y_parity;
    assert(context != NULL);
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, rs, y_parity) != 1 ||
        secp256k1_ecdsa_recover(context, &key, &parsed, hash->bytes) != 1) {
        return ERR_INVALID_SIGNATURE;
    }
    (void)secp256k1_ec_pubkey_serialize(context, serialized, &len, &key, SECP256K1_EC_UNCOMPRESSED);
    address_from_public_key(out, serialized + 1); /* behind the 0x04 that says: x and y */
    return ERR_OK;
}

void address_from_public_key(address *out, const uint8_t key[PUBLIC_KEY_BYTES]) {
    hash32 hash;
    keccak256(hash.bytes, key, PUBLIC_KEY_BYTES);
    memcpy(out->bytes, hash.bytes + sizeof hash.bytes - sizeof out->bytes, sizeof out->bytes);
}

void message_hash(hash32 *out, const void *message, size_t len) {
    enum { PREFIX_MAX_BYTES = 64 };
    struct buf text;
    buf_init(&text, len + PREFIX_MAX_BYTES);
    buf_append_str(&text, "\x19"
                          "Ethereum Signed Message:\n");
    buf_append_u64(&text, len);
    buf_append(&text, message, len);
    assert(!text.failed);
    keccak256(out->bytes, text.data, text.len);
    buf_free(&text);
}
