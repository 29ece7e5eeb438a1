/* Hands a signed transaction to several of a chain's nodes at a time. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_TX_SEND_H
#define DAPPD_RPC_TX_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "rpc/chain.h"

/* What nodes make of a transaction, from the most to the least telling: of several answers the first of these counts.
 */
enum tx_verdict {
    TX_TAKEN,        /* a node has it, now or since before */
    TX_UNCERTAIN,    /* a node may have it, or may take it later: it was silent, spoke of something else, or has no room
                        before others are mined */
    TX_NONCE_USED,   /* the sender's nonce is past it: this transaction, or another, is in a block */
    TX_UNDERPRICED,  /* the node has another of this nonce that pays about as much */
    TX_FEE_TOO_LOW,  /* below what the node or the chain asks */
    TX_NO_FUNDS,     /* the sender cannot pay value and gas */
    TX_GAS_TOO_LOW,  /* less gas than the transaction takes before anything runs */
    TX_GAS_TOO_HIGH, /* more than a block or the node lets it have */
    TX_REFUSED,      /* for another reason that is the transaction's own */
    TX_VERDICT_COUNT
};

struct tx_verdict_info {
    const char *name;   /* in logs and metrics */
    enum err err;       /* what a client is answered; ERR_OK of the first two */
    const char *detail; /* public */
};

/* Returns a static row. */
const struct tx_verdict_info *tx_verdict_info(enum tx_verdict verdict);

/* Gives the metrics their values of the label `verdict`. */
void tx_send_set_metric_labels(void);

enum { TX_SEND_MAX_NODES = 8 };

/* Waits until all that were asked have answered, or their time is over. Each is asked once: whether to send it again is
 * for the caller to decide. What all of them refuse is given to the others as well, before that is said. In: raw, as it
 * was signed; hash, which the answer of a node that takes it has to be; nodes, how many are asked, up to
 * TX_SEND_MAX_NODES, the fittest first; those that are down only when there is no other. Out: *taken, how many have it.
 * Source: eth_sendRawTransaction, whose errors every client words in its own way. */
enum tx_verdict tx_send(struct task *task, struct chain *chain, unsigned *taken, const uint8_t *raw, size_t len,
                        const hash32 *hash, unsigned nodes);

/* What the words of a node mean. In: code, of JSON-RPC, and its message. Pure. */
enum tx_verdict tx_verdict_of(int64_t code, const char *text, size_t len);

#endif
