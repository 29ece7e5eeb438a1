/* Distinct reads of state and who waits for each, found by what they ask. One thread. */
#ifndef DAPPD_RPC_QUESTION_H
#define DAPPD_RPC_QUESTION_H

#include "rpc/state.h"

struct batch;
struct passenger;

/* One read, asked once for all who want it. It keeps what it needs: whoever asked first may be gone before the rest.
 * Answered, it stays for as long as somebody has the answer and nobody else could find it. */
struct question {
    struct state_read read;       /* its calldata stands behind the struct */
    struct passenger *passengers; /* those who wait for it, or have not left with it yet */
    uint64_t deadline_ms;         /* of the most patient of them */
    struct batch *batch;          /* that it is under way with, else NULL */
    bool answered;
    char *answer;                     /* what the read points to once it is answered */
    struct question *before, *behind; /* while it waits */
    struct question *next;            /* in its bucket */
    uint64_t hash;
    uint8_t data[];
};

/* A hash table that grows; its keys come from strangers. */
struct question_table {
    struct question **buckets;
    size_t n_buckets; /* a power of two, or 0 */
    size_t n;
    uint64_t key[2];
};

void question_table_init(struct question_table *table);

/* Its questions must be gone (asserted). */
void question_table_free(struct question_table *table);

/* Returns the question that equals the read, or NULL. */
struct question *question_find(const struct question_table *table, const struct state_read *read);

/* Adds a question that is not there yet, for nobody so far. */
struct question *question_add(struct question_table *table, const struct state_read *read);

/* Makes what its read points to its own: bytes, revert data and detail. It is answered from now on. */
void question_keep_answer(struct question *question);

/* Frees it. */
void question_remove(struct question_table *table, struct question *question);

#endif
