/* Fees as nodes send them. Reads untrusted JSON; pure, any thread. Sources: execution-apis, eth_getBlockByHash and
 * eth_feeHistory. */
#ifndef DAPPD_RPC_FEE_JSON_H
#define DAPPD_RPC_FEE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "rpc/fees.h"

/* An amount of at most 128 bits: no fee has ever come near that, and sums of such fit. */
bool fee_json_amount(u256 *out, const json_t *value);

/* Returns false when it is no block of this hash. */
bool fee_json_header(struct fee_header *out, const json_t *block, const hash32 *hash);

/* What an answer has to be about. */
struct fee_question {
    uint64_t last;                 /* number of the last block */
    size_t n;                      /* blocks asked for, at most FEE_HISTORY_BLOCKS */
    const struct fee_header *head; /* of the last block */
};

/* Returns false when it does not answer that, contradicts the header, or does not fit together in itself. A node may
 * have fewer blocks than it was asked for. Out: *blob_base_fee of the block that is to come, where *has_blob_base_fee.
 */
bool fee_json_history(struct fee_history *out, u256 *blob_base_fee, bool *has_blob_base_fee, const json_t *history,
                      const struct fee_question *question);

#endif
