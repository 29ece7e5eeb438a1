/* Inside of struct tx_follower, for the files of this folder. Everything here is its coroutine's, on its thread. */
#ifndef DAPPD_INDEXER_TX_FOLLOWER_STATE_H
#define DAPPD_INDEXER_TX_FOLLOWER_STATE_H

#include "indexer/tx_follower.h"

#include "indexer/job.h"
#include "repos/pg_session.h"
#include "trouble.h"
#include "tx_notes.h"
#include "tx_window.h"

/* What is asked of one transaction after the other. */
enum tx_question_kind { TX_QUESTION_SLOW, TX_QUESTION_VOTE, TX_QUESTION_KINDS };

struct tx_follower {
    struct reactor *reactor;
    struct tx_follower_options options;
    struct chain *chain;
    struct job job;
    struct trouble trouble;
    struct pg_session *session; /* holds the chain's lock, once it is taken */
    bool lost;                  /* the session failed: begin anew with what the database has */
    struct tx_window window;
    struct tx_notes notes;
    hash32 head;                         /* of the last round */
    int64_t turns_to[TX_QUESTION_KINDS]; /* id of the last whose turn it was, if others wait behind it; else 0 */
};

#endif
