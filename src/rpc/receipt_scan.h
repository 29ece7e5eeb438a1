/* Reads transaction receipts straight from their text. Reads untrusted bytes, does no I/O; any thread. Source: Ethereum
 * JSON-RPC, eth_getTransactionReceipt and eth_getBlockReceipts. */
#ifndef DAPPD_RPC_RECEIPT_SCAN_H
#define DAPPD_RPC_RECEIPT_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "log_filter.h"
#include "rpc/receipt.h"

/* One mined receipt: block (number and hash; the rest is not in it), index, outcome and logs of *out, whose logs are
 * appended to. Returns false when the text is no receipt of this transaction, or its logs are not of the same block and
 * transaction; *out is to be freed all the same. */
bool receipt_scan(struct receipt *out, const char *text, size_t len, const hash32 *tx);

/* The logs in the receipts of a block that the filter, with block_hash, asks for. Returns false, with *out as it was,
 * when the text is no array of receipts of this block. Out: n_receipts; n_seen, all logs. */
bool receipts_scan_logs(struct logs *out, size_t *n_receipts, size_t *n_seen, const char *text, size_t len,
                        const struct log_filter *filter);

#endif
