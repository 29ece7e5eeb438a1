/* One question for logs: to one node after the other, until one gives an answer that holds together. On the task's
 * thread, in a coroutine. */
#ifndef DAPPD_RPC_LOG_ASK_H
#define DAPPD_RPC_LOG_ASK_H

#include "log_filter.h"
#include "log_hint.h"
#include "rpc/rpc.h"
#include "upstream.h"

struct log_question {
    /* in */
    const struct log_filter *filter;
    struct logs *out;              /* appended to */
    const struct header *block;    /* whose logs are asked for, with its hash in the filter; NULL: a range of blocks */
    const struct upstream *except; /* not asked; NULL: all may be */
    /* out */
    enum rpc_outcome outcome;
    enum err err;                    /* of the outcome; the task's fault is set */
    size_t n_seen;                   /* logs in the answer, with those that are no transfers */
    const struct upstream *answered; /* who gave it */
    struct header last;              /* of a range: its last block, from the same node */
    struct log_hint hint;            /* of the last node that found it too much */
    unsigned unknown;                /* failures that may be about the range, though nothing in them says so */
};

/* Another node than this one is there to ask, as far as is known. */
bool log_has_other_node(struct chain *chain, const struct upstream *than);

/* A node that fails so may mean that the range is too long, though nothing says so. */
bool log_may_be_about_range(enum rpc_outcome outcome);

/* Asks for the logs of a range of final blocks, or of one block. */
void log_ask(struct task *task, struct chain *chain, struct log_question *question);

#endif
