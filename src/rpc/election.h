/* What the nodes of a chain have said of the blocks that have a name, and what their votes come to. Shared by all
 * reactors behind one mutex that is never held over a wait. Knows no network: poll.h asks. */
#ifndef DAPPD_RPC_ELECTION_H
#define DAPPD_RPC_ELECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "head.h"
#include "rpc/rpc.h"
#include "vote.h"

struct ask;
struct asker;

/* One node in the votes on one tag. */
struct seat {
    bool absent;            /* it failed or was late: its vote is not waited for until it answers again */
    bool lagging;           /* too far behind to have a vote */
    uint64_t mute_until_us; /* it has no block of this name, and is not asked for it before */
};

struct election {
    pthread_mutex_t mutex;
    size_t n;
    struct voter *voters[HEAD_TAG_COUNT]; /* n, in the order of the upstreams */
    struct seat *seats[HEAD_TAG_COUNT];   /* n */
    struct ask *asks;                     /* under way, of all reactors; ask.c's */
    struct asker *askers;                 /* who waits for them, of all reactors; ask.c's */
};

struct election *election_new(size_t n_upstreams);
void election_free(struct election *election);

/* Returns true when this upstream is worth asking for the block of this name. */
bool election_may_ask(struct chain *chain, enum head_tag tag, size_t upstream);

/* Returns true while no upstream has a block of this name. */
bool election_is_mute(struct chain *chain, enum head_tag tag);

/* Before all are asked: those that are not lose their vote, and when that is everybody who has one, all get it back. */
void election_begin(struct chain *chain, enum head_tag tag);

/* An upstream's answers: to the question for the block of this name; to the question for its block of this number, NULL
 * when it has none or did not tell. A new majority moves the chain's head at once. */
void election_report(struct chain *chain, enum head_tag tag, size_t upstream, const struct block_ref *block,
                     uint64_t asked_us);
void election_answer(struct chain *chain, enum head_tag tag, size_t upstream, uint64_t number,
                     const struct block_ref *block, uint64_t asked_us);

/* It gave no block. */
void election_fail(struct chain *chain, enum head_tag tag, size_t upstream, enum rpc_outcome outcome);

/* It has not answered in time; it may still. */
void election_leave_out(struct chain *chain, enum head_tag tag, size_t upstream);

/* Returns true when the chain's head has what a majority said when asked since then, and no node doubts it. */
bool election_is_settled(struct chain *chain, enum head_tag tag, uint64_t since_us);

/* Returns true when this upstream's block of a number could decide the vote. Out: the number. */
bool election_has_question(struct chain *chain, enum head_tag tag, size_t upstream, uint64_t *number);

/* All have been asked since asked_us, and nobody who is waited for is left: takes the best there is. Returns false when
 * there is nothing. */
bool election_fall_back(struct chain *chain, enum head_tag tag, uint64_t asked_us);

/* The newest block that an upstream has reported. Returns false when it never did. For /status. */
bool election_last_report(struct chain *chain, size_t upstream, struct block_ref *out);

/* See vote_reached: of the nodes that answer, those that lag as well. */
bool election_reached(struct chain *chain, uint64_t *number);

#endif
