/* What has to be asked of nodes before a transaction's state can be decided. The follower's coroutine, and children of
 * its task. */
#ifndef DAPPD_INDEXER_TX_ASK_H
#define DAPPD_INDEXER_TX_ASK_H

#include "tx_decide.h"
#include "tx_follower_state.h"

/* What one round goes by. */
struct tx_view {
    struct block_ref head;
    bool behind;       /* the head is one that was passed before */
    bool reorged;      /* since the round before */
    uint64_t final;    /* number of the last block that no reorg can take back */
    uint64_t now_s;    /* unix seconds */
    uint64_t steady_s; /* by a clock that nobody sets; never 0 */
};

/* An open transaction in one round. */
struct tx_case {
    const struct kept_tx *row;
    struct tx_note note;
    struct tx_facts facts;
    struct tx_decision decision;
    bool settled;                     /* the decision is the round's last */
    bool has_turn[TX_QUESTION_KINDS]; /* in this round */
    struct block_ref block;           /* of one that is mined, with */
    struct kept_tx_block mined;       /* what is written of it */
    const uint8_t *revert_data;       /* NULL: none */
    size_t revert_len;
    bool has_user;
    hash32 user; /* which transaction has used its nonce */
};

/* For all of a page, in few requests. What cannot be told now is left unclear. */
void tx_ask_places(struct task *task, struct tx_follower *follower, const struct tx_view *view, struct tx_case *cases,
                   size_t n);
void tx_ask_nonces(struct task *task, struct tx_follower *follower, const struct tx_view *view, struct tx_case *cases,
                   size_t n);

/* The receipts of those whose decision asks for them. */
void tx_ask_receipts(struct task *task, struct tx_follower *follower, const struct tx_view *view, struct tx_case *cases,
                     size_t n);

/* The answer to what one's decision asks for, or what became of sending it. Returns false when there is none now. */
bool tx_ask_one(struct task *task, struct tx_follower *follower, const struct tx_view *view, struct tx_case *which);

#endif
