/* Signatures of contract wallets: what is asked of the chain, and what it answers. Reads untrusted bytes; pure
 * functions, any thread. Sources: ERC-1271, ERC-6492. */
#ifndef DAPPD_ETH_CONTRACT_SIGNATURE_H
#define DAPPD_ETH_CONTRACT_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "eth/address.h"

enum { CONTRACT_SIGNATURE_MAX_BYTES = 16384 }; /* a signature with what deploys its wallet */

/* Appends the calldata of isValidSignature(bytes32,bytes). */
void contract_signature_encode(struct buf *out, const hash32 *hash, const uint8_t *signature, size_t len);

/* What that call returned: true for the magic value 0x1626ba7e at the start of a 32-byte word, and nothing else. */
bool contract_signature_is_valid(const uint8_t *data, size_t len);

/* True when it ends as ERC-6492 says: then it carries what deploys the wallet. */
bool contract_signature_is_wrapped(const uint8_t *signature, size_t len);

struct wrapped_signature {
    address factory;
    const uint8_t *factory_data; /* borrowed */
    size_t factory_data_len;
    const uint8_t *signature; /* borrowed */
    size_t len;
};

/* ERR_INVALID_SIGNATURE when what is wrapped is no (address, bytes, bytes), encoded in the one way that encoders write
 * it. Out: borrowed from signature. */
enum err contract_signature_unwrap(struct wrapped_signature *out, const uint8_t *signature, size_t len) MUST_CHECK;

/* Appends init code for an eth_call without `to`: asks the wallet; unless it is there and says yes, calls the factory
 * and asks again. Returns what contract_signature_is_valid reads: the magic word, or nothing. In: wrapped, of no more
 * than CONTRACT_SIGNATURE_MAX_BYTES. */
void contract_signature_encode_deployment(struct buf *out, const address *wallet, const hash32 *hash,
                                          const struct wrapped_signature *wrapped);

#endif
