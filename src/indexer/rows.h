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
};

void rows_clear(struct rows *rows); /* keeps the memory */
void rows_free(struct rows *rows);
void rows_add(struct rows *rows, const struct logs *logs);
size_t rows_count(const struct rows *rows);

/* Borrows them. */
struct index_batch rows_batch(const struct rows *rows);

#endif
