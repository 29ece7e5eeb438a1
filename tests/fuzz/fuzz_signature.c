/* Feeds eth/signature any bytes: what is taken is in range and written back as it was, and whoever is said to have
 * signed has: libsecp256k1 verifies it with the key, which is a way of its own.
 * Owns a context of libsecp256k1, beside that of eth/signature, for the time of the process.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdbool.h>
#include <string.h>

#include "eth/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HASH = 32, COMPACT = 64, PLAIN = 65, SERIALIZED = 1 + PUBLIC_KEY_BYTES };

static const secp256k1_context *verifier(void) {
    static secp256k1_context *context;
    if (context == NULL) {
        signature_start();
        context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    }
    return context;
}

static void write_rs(uint8_t rs[COMPACT], const struct signature *signature) {
    memcpy(rs, signature->r, 32);
    memcpy(rs + 32, signature->s, 32);
}

static void check_written_back(const struct signature *signature, const uint8_t *data, size_t len) {
    uint8_t rs[COMPACT];
    assert(signature->y_parity <= 1 && (signature->s[0] & 0x80) == 0);
    write_rs(rs, signature);
    if (len == COMPACT) rs[32] = (uint8_t)(rs[32] | signature->y_parity << 7);
    assert(memcmp(rs, data, COMPACT) == 0);
    assert(len == COMPACT || signature->y_parity == data[COMPACT] % 27U);
}

/* The key comes from recovery; that it verifies, and only as low s, is for secp256k1_ecdsa_verify to say. */
static void check_signer(const struct signature *signature, const address *signer, const uint8_t *hash) {
    uint8_t rs[COMPACT], serialized[SERIALIZED];
    size_t len = sizeof serialized;
    secp256k1_ecdsa_recoverable_signature recoverable;
    secp256k1_ecdsa_signature plain;
    secp256k1_pubkey key;
    address own;
    write_rs(rs, signature);
    assert(secp256k1_ecdsa_recoverable_signature_parse_compact(verifier(), &recoverable, rs,
                                                               (int)signature->y_parity) == 1);
    assert(secp256k1_ecdsa_recover(verifier(), &key, &recoverable, hash) == 1);
    assert(secp256k1_ec_pubkey_serialize(verifier(), serialized, &len, &key, SECP256K1_EC_UNCOMPRESSED) == 1);
    address_from_public_key(&own, serialized + 1);
    assert(address_equal(&own, signer));
    assert(secp256k1_ecdsa_signature_parse_compact(verifier(), &plain, rs) == 1);
    assert(secp256k1_ecdsa_signature_normalize(verifier(), NULL, &plain) == 0);
    assert(secp256k1_ecdsa_verify(verifier(), &plain, hash, &key) == 1);
}

/* Of the same r and s with the other parity somebody else is the signer, or nobody. */
static void check_other_parity(struct signature signature, const address *signer, const hash32 *hash) {
    address other;
    signature.y_parity ^= 1;
    assert(signature_recover(&other, &signature, hash) == ERR_OK);
    assert(!address_equal(&other, signer));
}

/* In: the hash, then the signature. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct signature signature;
    address signer;
    hash32 hash;
    if (size < HASH) return 0;
    (void)verifier();
    memcpy(hash.bytes, data, HASH);
    data += HASH;
    size -= HASH;
    enum err err = signature_parse(&signature, data, size);
    assert(err == ERR_OK || err == ERR_INVALID_SIGNATURE);
    if (err != ERR_OK) return 0;
    check_written_back(&signature, data, size);
    err = signature_recover(&signer, &signature, &hash);
    assert(err == ERR_OK || err == ERR_INVALID_SIGNATURE);
    if (err != ERR_OK) return 0;
    check_signer(&signature, &signer, hash.bytes);
    check_other_parity(signature, &signer, &hash);
    return 0;
}
