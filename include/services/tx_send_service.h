/* Transactions that clients hand over, from the signed bytes to the nodes: checked against the chain, written down, and
 * only then sent. What happens to them afterwards is the follower's. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_TX_SEND_SERVICE_H
#define DAPPD_SERVICES_TX_SEND_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/transaction.h"
#include "services/sent_tx.h"
#include "services/source.h"

/* Reads the signed bytes, which *out borrows. ERR_INVALID_SIGNATURE, ERR_INVALID_TRANSACTION; the latter also for what
 * is valid on every chain (it could be repeated on any of them), and for blobs that are missing. */
enum err tx_send_decode(struct task *task, struct transaction *out, const uint8_t *raw, size_t len) MUST_CHECK;

/* Out: *index, which of the chains it is for. ERR_WRONG_CHAIN when it is none of them; the errors of
 * chain_service_find. */
enum err tx_send_choose(struct task *task, struct chain *const *chains, size_t n, const struct transaction *tx,
                        size_t *index) MUST_CHECK;

struct tx_sending {
    const struct transaction *tx;
    const uint8_t *raw; /* that it was decoded from */
    size_t len;
    unsigned nodes;         /* how many it is sent to */
    struct abi_store *abis; /* of registered contracts */
};

/* Out: what is known of it now; *fresh, it was new, or has begun anew.
 *
 * Nothing is written, nor has a node seen it, when its nonce was used in a block (ERR_NONCE_TOO_LOW, unless by itself),
 * its gas is below what every chain asks (ERR_GAS_TOO_LOW), or its sender cannot pay for it (ERR_INSUFFICIENT_FUNDS);
 * nor for errors of the database (ERR_TRANSACTIONS_UNAVAILABLE) or of the reads. Once written it is sent, whatever
 * becomes of this task. The nodes' refusal is the error of its verdict (rpc/tx_send.h). */
enum err tx_send_service_send(struct task *task, const struct source *source, struct sent_tx *out, bool *fresh,
                              const struct tx_sending *what) MUST_CHECK;

#endif
