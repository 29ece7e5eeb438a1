/* The parts of a transaction that are lists, for eth/transaction. Reads untrusted bytes; pure functions, any thread. */
#ifndef DAPPD_ETH_TRANSACTION_PARTS_H
#define DAPPD_ETH_TRANSACTION_PARTS_H

#include "eth/transaction.h"

/* Each takes a list off rest into its members of *out. ERR_INVALID_PARAMETER when it is malformed. */
enum err transaction_read_access_list(struct transaction *out, struct rlp_bytes *rest) MUST_CHECK;
enum err transaction_read_authorizations(struct transaction *out, struct rlp_bytes *rest) MUST_CHECK;
enum err transaction_read_blob_hashes(struct transaction *out, struct rlp_bytes *rest) MUST_CHECK;

/* In: rest, what the network form has behind the transaction itself; the transaction's blob hashes, already read. */
enum err transaction_read_sidecar(struct transaction *out, char problem[TRANSACTION_PROBLEM_BYTES],
                                  struct rlp_bytes rest) MUST_CHECK;

/* ERR_INVALID_SIGNATURE for r or s out of range, s past half of the order included, and a parity past 1. */
enum err transaction_make_signature(struct signature *out, const u256 *r, const u256 *s, uint8_t y_parity) MUST_CHECK;

/* Writes the problem. Returns ERR_INVALID_PARAMETER. */
enum err transaction_refuse(char problem[TRANSACTION_PROBLEM_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
