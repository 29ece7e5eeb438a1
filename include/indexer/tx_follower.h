/* Follows the transactions that clients have handed over for one chain until each is final: asks the nodes what has
 * become of them, sends again what nodes have forgotten, and writes their lives down. Of all instances on one database
 * one follows; the others stand by. Made and stopped on the reactor that it runs on, which has a database. */
#ifndef DAPPD_INDEXER_TX_FOLLOWER_H
#define DAPPD_INDEXER_TX_FOLLOWER_H

#include <stddef.h>
#include <stdint.h>

#include "core/reactor.h"
#include "repos/tx_status.h"
#include "rpc/chain.h"

struct tx_follower_options {
    struct chain *chain;
    const char *database_url; /* secret; borrowed */
    uint64_t connect_timeout_ms;
    unsigned nodes;   /* that a transaction is sent to at a time */
    uint64_t grace_s; /* that a request may take to send what it has accepted */
    uint64_t resend_s;
    uint64_t drop_after_s;
    size_t label; /* of the chain in the metrics */
    struct tx_status *status;
};

struct tx_follower;

/* Gives the metrics their values of the label `step`. */
void tx_follower_set_metric_labels(void);

/* Starts its coroutine and returns. */
struct tx_follower *tx_follower_start(struct reactor *reactor, const struct tx_follower_options *options);

/* It ends as soon as what it waits for can be cut short; what was not written is found out again next time. Once the
 * reactor's loop has run out, tx_follower_free. */
void tx_follower_stop(struct tx_follower *follower);
void tx_follower_free(struct tx_follower *follower);

#endif
