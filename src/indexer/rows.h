/* What has been read and is to be written next, gathered from many answers in order. Owned by the indexer; its
 * coroutine. */
#ifndef DAPPD_INDEXER_ROWS_H
#define DAPPD_INDEXER_ROWS_H

#include <stddef.h>

#include "repos/index_writer.h"
#include "rpc/logs.h"

struct rows {
    struct transfer_log *transfers;
    size_t n_transfers;
    size_t transfers_cap;
    struct odd_log *odd;
    size_t n_odd;
    size_t odd_cap;
    struct event_log *events; /* with their data */
    size_t n_events;
    size_t events_cap;
    size_t event_bytes; /* of their data */
};

void rows_clear(struct rows *rows); /* keeps the memory */
void rows_free(struct rows *rows);

/* Takes the events over, data and all, and leaves none. */
void rows_add(struct rows *rows, struct logs *logs);

/* How much there is, reckoned as logs_weight does. */
size_t rows_weight(const struct rows *rows);

/* Borrows them, and the reader. */
struct index_batch rows_batch(const struct rows *rows, const struct event_reader *reader);

#endif
