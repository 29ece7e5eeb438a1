/* Signed transactions as wallets hand them over: every type, read strictly, with hash and sender. What no chain would
 * take is refused here: that costs no node a question. Reads untrusted bytes; pure functions, any thread.
 * Sources: EIP-2, EIP-155, EIP-1559, EIP-2681, EIP-2718, EIP-2930, EIP-4844, EIP-7594, EIP-7702. */
#ifndef DAPPD_ETH_TRANSACTION_H
#define DAPPD_ETH_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eth/address.h"
#include "eth/signature.h"
#include "eth/u256.h"
#include "eth/rlp.h"

enum {
    TRANSACTION_PROBLEM_BYTES = 160,
    TRANSACTION_MAX_BYTES = 131072,       /* what nodes take into their pools */
    TRANSACTION_MAX_BLOB_BYTES = 1048576, /* the same, with blobs */
    BLOB_BYTES = 131072,
    BLOB_CELLS = 128, /* EIP-7594 proves each of them */
    KZG_BYTES = 48    /* a commitment or a proof */
};

/* The numbers are EIP-2718's. */
enum transaction_type {
    TRANSACTION_LEGACY,
    TRANSACTION_ACCESS_LIST, /* EIP-2930 */
    TRANSACTION_DYNAMIC_FEE, /* EIP-1559 */
    TRANSACTION_BLOB,        /* EIP-4844 */
    TRANSACTION_SET_CODE     /* EIP-7702 */
};

/* Of a blob transaction in its network form. The blobs are as many as the transaction's hashes; that they, their
 * commitments and proofs belong together is not checked. */
struct blob_sidecar {
    enum {
        SIDECAR_NONE,       /* the plain form, as in blocks */
        SIDECAR_PROOFS,     /* EIP-4844: a proof for each blob */
        SIDECAR_CELL_PROOFS /* EIP-7594: BLOB_CELLS proofs for each blob */
    } kind;
    struct rlp_bytes blobs;       /* items of BLOB_BYTES */
    struct rlp_bytes commitments; /* items of KZG_BYTES */
    struct rlp_bytes proofs;      /* items of KZG_BYTES */
};

/* Everything behind a pointer is borrowed from the bytes that were decoded. What its type does not have is 0. */
struct transaction {
    enum transaction_type type;
    bool has_chain_id; /* false: legacy and valid on every chain */
    uint64_t chain_id;
    uint64_t nonce;
    uint64_t gas;
    u256 max_priority_fee_per_gas; /* wei; both are the gas price where the type has one */
    u256 max_fee_per_gas;
    u256 value; /* wei */
    bool is_creation;
    address to; /* unless it is a creation */
    struct rlp_bytes data;
    struct rlp_bytes access_list; /* for access_list_next */
    size_t n_access_entries;
    size_t n_storage_keys; /* in all entries */
    u256 max_fee_per_blob_gas;
    struct rlp_bytes blob_hashes; /* items of 32 bytes */
    size_t n_blob_hashes;
    struct blob_sidecar sidecar;
    struct rlp_bytes authorizations; /* for authorization_next */
    size_t n_authorizations;
    struct signature signature;
    hash32 hash;         /* what the chain calls it; a sidecar has no part in it */
    hash32 signing_hash; /* what its sender has signed */
    address sender;
};

/* ERR_INVALID_SIGNATURE when r, s or v is out of its range or no key made the signature, otherwise
 * ERR_INVALID_PARAMETER; problem names the field and what is allowed, and *out is untouched then. Whether the sender
 * can pay, and is on the right chain, is not asked. After signature_start. */
enum err transaction_decode(struct transaction *out, char problem[TRANSACTION_PROBLEM_BYTES], const uint8_t *data,
                            size_t len) MUST_CHECK;

struct access_entry {
    address address;
    struct rlp_bytes storage_keys; /* items of 32 bytes */
    size_t n_storage_keys;
};

/* Takes the first entry off rest. Of the list of a decoded transaction it fails only at the end, where rest is empty.
 */
enum err access_list_next(struct access_entry *out, struct rlp_bytes *rest) MUST_CHECK;

/* An account's consent to run the code at an address. A chain passes over those that are for another chain, have
 * another nonce than the account or no signer: the transaction is good all the same. */
struct authorization {
    u256 chain_id; /* 0: for every chain */
    address address;
    uint64_t nonce;
    uint8_t y_parity;
    u256 r;
    u256 s;
    hash32 signing_hash;
};

/* As access_list_next. */
enum err authorization_next(struct authorization *out, struct rlp_bytes *rest) MUST_CHECK;

/* Whose account it is. ERR_INVALID_SIGNATURE when it is nobody's, or s is high. After signature_start. */
enum err authorization_signer(address *out, const struct authorization *authorization) MUST_CHECK;

#endif
