/* Where reads of state at one block meet: equal ones become one question, different ones leave together. One for each
 * reactor, chain and block, as long as there is something to ask. On the reactor's thread. */
#ifndef DAPPD_RPC_GATHER_H
#define DAPPD_RPC_GATHER_H

#include "rpc/state.h"

struct gather;
struct question;

/* Several reads that one task waits for. */
struct party {
    struct task *task;
    struct waiter all_landed;
    size_t left;           /* reads still to come */
    uint64_t billed_batch; /* the last one that was counted as a call of the task's */
};

/* One of them. Lives as long as its party. */
struct passenger {
    struct party *party;
    struct state_read *read;
    struct gather *gather;
    struct question *question; /* NULL: it has landed and is forgotten */
    bool landed;               /* its read has come to its end */
    struct passenger *next;    /* of the same question */
    struct passenger **link;   /* what points to this one */
};

/* Returns the gather of the task's reactor, which stays until the task waits. NULL: there is no room for a coroutine
 * more. */
struct gather *gather_open(struct task *task, struct chain *chain, const struct block_ref *block);

/* The passenger's read will come to an end by itself, with what it brought in the task's arena; the last of a party
 * wakes it. In: passenger, with party and read set.
 *
 * Until the passenger leaves, whoever asks the same gets the same answer, unless that is a failure or long: by then its
 * task has put it where others find it, so that nothing is asked twice in between. */
void gather_board(struct gather *gather, struct passenger *passenger);

/* Landed or not, it waits no longer. The gather may be gone afterwards. */
void gather_leave(struct passenger *passenger);

#endif
