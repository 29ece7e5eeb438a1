/* ECDSA signatures as Ethereum has them, and who made them. Reads untrusted bytes; pure functions, any thread.
 * Sources: EIP-2 (low s), EIP-191, EIP-2098 (64 bytes), SEC 1. */
#ifndef DAPPD_ETH_SIGNATURE_H
#define DAPPD_ETH_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eth/address.h"

enum { PUBLIC_KEY_BYTES = 64 /* x and y, big-endian */ };

struct signature {
    uint8_t r[32];
    uint8_t s[32];
    unsigned y_parity; /* 0 or 1 */
};

/* 65 bytes (r, s, v of 0, 1, 27 or 28) or 64 (EIP-2098: parity in the highest bit of s). ERR_INVALID_SIGNATURE for
 * another length or v, r or s of zero or past the group's order, and s past half of it. */
enum err signature_parse(struct signature *out, const uint8_t *data, size_t len) MUST_CHECK;

/* Whose signature of this hash it is. ERR_INVALID_SIGNATURE when no key could have made it. */
enum err signature_recover(address *out, const struct signature *signature, const hash32 *hash) MUST_CHECK;

void address_from_public_key(address *out, const uint8_t key[PUBLIC_KEY_BYTES]);

/* EIP-191 version 0x45: what wallets sign for personal_sign. */
void message_hash(hash32 *out, const void *message, size_t len);

/* Once, before any other thread: makes libsecp256k1's context and blinds it. */
void signature_start(void);
void signature_stop(void);

#endif
