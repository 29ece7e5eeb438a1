/* What becomes of a transaction that was handed over: from what is written of it and what the nodes say, what is to be
 * asked next, to be done, or to be written. Every change of state that the follower makes is one of these decisions.
 * Pure, any thread. */
#ifndef DAPPD_INDEXER_TX_DECIDE_H
#define DAPPD_INDEXER_TX_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "repos/transaction_repo.h"
#include "rpc/tx_send.h"

/* Where the block stands that the row names. */
enum tx_place {
    TX_PLACE_UNCLEAR, /* cannot be told now */
    TX_PLACE_CANONICAL,
    TX_PLACE_FINAL, /* canonical for ever */
    TX_PLACE_ORPHANED
};

/* Whether the sender's nonce at a block is past the transaction's: this one, or another of its nonce, is in the chain
 * there. */
enum tx_nonce { TX_NONCE_UNCLEAR, TX_NONCE_FREE, TX_NONCE_PAST };

/* What a node's receipt says. */
enum tx_mined {
    TX_MINED_UNASKED,
    TX_MINED_UNCLEAR,   /* they did not answer, or with a block that is not canonical */
    TX_MINED_NOWHERE,   /* none has a receipt */
    TX_MINED_SUCCEEDED, /* in a canonical block */
    TX_MINED_FAILED
};

/* Whether most of the nodes say so. */
enum tx_agreed { TX_AGREED_UNASKED, TX_AGREED_UNCLEAR, TX_AGREED, TX_AGREED_NOT };

/* Which transaction has used the nonce. */
enum tx_user { TX_USER_UNASKED, TX_USER_UNCLEAR, TX_USER_ITSELF, TX_USER_OTHER };

/* Whether nodes have it. */
enum tx_known {
    TX_KNOWN_UNASKED,
    TX_KNOWN_UNCLEAR,
    TX_KNOWN_TO_SOME,
    TX_KNOWN_IN_BLOCK, /* some have it in one */
    TX_KNOWN_TO_NONE,
    TX_KNOWN_COUNT
};

struct tx_facts {
    uint64_t now_s;        /* unix seconds */
    uint64_t grace_s;      /* whoever has accepted it may take to send it */
    uint64_t resend_s;     /* the settings of that name */
    uint64_t drop_after_s; /* likewise */
    bool head_is_behind;   /* nodes that lag: what is not there yet has not gone */
    enum tx_place place;   /* of confirmed and reverted */
    enum tx_agreed agreed; /* that its receipt says where it is, and how it went */
    enum tx_agreed past;   /* that the nonce is past at the head */
    enum tx_nonce nonce;   /* at the head, as one node has it */
    enum tx_nonce nonce_at_final;
    bool reorged; /* since the transaction was last looked at, as far as is known */
    enum tx_mined mined;
    bool replayed; /* a failed one was called again, or that is of no use */
    enum tx_user user;
    uint64_t past_s; /* for how long the nonce has been past without a receipt */
    enum tx_known known;
    bool looked;             /* nodes have been asked whether they have it */
    uint64_t looked_ago_s;   /* and that long ago */
    uint64_t missing_s;      /* for how long none has been known to have it; 0: it has just been found out */
    bool sent;               /* in this round */
    enum tx_verdict verdict; /* when it was last sent, as far as is known; TX_TAKEN where it is not */
};

struct tx_decision {
    enum tx_act {
        TX_WAIT,        /* nothing, in this round */
        TX_ASK_RECEIPT, /* the next six bring the fact of their name, and another decision */
        TX_ASK_REPLAY,
        TX_ASK_USER,
        TX_ASK_AGREED,
        TX_ASK_PAST,
        TX_ASK_KNOWN,
        TX_SEND, /* brings a verdict, and another decision */
        TX_MOVE, /* write what follows */
        TX_ACT_COUNT
    } act;
    enum kept_tx_state to;
    const char *step;   /* NULL: nothing for its life */
    const char *reason; /* NULL: none */
    bool final;
    bool sent;
};

struct tx_decision tx_decide(const struct kept_tx *row, const struct tx_facts *facts);

/* Returns true when a transaction may go from one state to the other. */
bool tx_may_move(enum kept_tx_state from, enum kept_tx_state to);

#endif
