/* Sums over the fields of a decoded transaction, whose length bounds them far below 2^64 gas. Owns nothing; any thread.
 */
#include "eth/transaction_cost.h"

enum {
    GAS_TRANSACTION = 21000,
    GAS_CREATION = 32000,
    GAS_ZERO_BYTE = 4,
    GAS_OTHER_BYTE = 16, /* EIP-2028 */
    GAS_ACCESS_ENTRY = 2400,
    GAS_STORAGE_KEY = 1900,
    GAS_AUTHORIZATION = 25000, /* EIP-7702: a part comes back for accounts that exist, after it has run */
    GAS_PER_BLOB = 131072      /* EIP-4844 */
};

uint64_t transaction_intrinsic_gas(const struct transaction *tx) {
    uint64_t gas = GAS_TRANSACTION + (tx->is_creation ? GAS_CREATION : 0);
    for (size_t i = 0; i < tx->data.len; i++) gas += tx->data.p[i] == 0 ? GAS_ZERO_BYTE : GAS_OTHER_BYTE;
    gas += (uint64_t)tx->n_access_entries * GAS_ACCESS_ENTRY + (uint64_t)tx->n_storage_keys * GAS_STORAGE_KEY;
    return gas + (uint64_t)tx->n_authorizations * GAS_AUTHORIZATION;
}

bool transaction_max_cost(u256 *out, const struct transaction *tx) {
    u256 gas, blobs;
    bool over = u256_mul_u64(&gas, &tx->max_fee_per_gas, tx->gas);
    over |= u256_mul_u64(&blobs, &tx->max_fee_per_blob_gas, (uint64_t)tx->n_blob_hashes * GAS_PER_BLOB);
    over |= u256_add(out, &tx->value, &gas);
    return u256_add(out, out, &blobs) || over;
}
