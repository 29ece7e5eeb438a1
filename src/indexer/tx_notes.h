/* What the follower remembers of open transactions from one round to the next, beside what is written of them. It may
 * be forgotten with the process: then waiting begins anew. Owned by the follower of transactions; its coroutine. */
#ifndef DAPPD_INDEXER_TX_NOTES_H
#define DAPPD_INDEXER_TX_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eth/address.h"
#include "rpc/tx_send.h"

struct tx_note {
    int64_t id;               /* of the transaction */
    uint64_t looked_s;        /* by a clock that nobody sets: when nodes were last asked for it; 0: never */
    uint64_t missing_since_s; /* likewise: none has had it; 0: some have, or it was never asked */
    uint64_t past_since_s;    /* likewise: its nonce has been past without a receipt; 0: it has not */
    enum tx_verdict verdict;  /* when it was last sent */
    bool was_free;            /* its nonce, at the head of this hash */
    hash32 free_at;
    uint64_t final; /* of a replaced one: number of the last final block at which its nonce was not past yet */
};

/* Two lists by id: those of the last round, and those that this one has come to. */
struct tx_notes {
    struct tx_note *last;
    size_t n_last;
    size_t at; /* in the last one: what is before it has been passed */
    struct tx_note *now;
    size_t n_now;
    size_t now_cap;
    size_t last_cap;
};

void tx_notes_free(struct tx_notes *notes);

/* A round goes through ids in rising order; at its end what it has not come to is forgotten. */
void tx_notes_begin(struct tx_notes *notes);
void tx_notes_end(struct tx_notes *notes);

/* The note about this one, or a new one. */
struct tx_note tx_notes_take(struct tx_notes *notes, int64_t id);
void tx_notes_put(struct tx_notes *notes, const struct tx_note *note);

#endif
