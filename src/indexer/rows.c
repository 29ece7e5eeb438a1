/* Two arrays that grow. Owned by the indexer.
 * On the indexer's thread. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* Room for `more` behind the first n. */
static void *grown(void *items, size_t *cap, size_t n, size_t more, size_t size) {
    if (n + more <= *cap) return items;
    *cap = n + more > 2 * *cap ? n + more : 2 * *cap;
    items = reallocarray(items, *cap, size);
    if (items == NULL) abort();
    return items;
}

void rows_clear(struct rows *rows) {
    rows->n_transfers = rows->n_odd = 0;
}

void rows_free(struct rows *rows) {
    free(rows->transfers);
    free(rows->odd);
    *rows = (struct rows){.transfers = NULL};
}

void rows_add(struct rows *rows, const struct logs *logs) {
    if (logs->n_transfers > 0) {
        rows->transfers =
            grown(rows->transfers, &rows->transfers_cap, rows->n_transfers, logs->n_transfers, sizeof *rows->transfers);
        memcpy(rows->transfers + rows->n_transfers, logs->transfers, logs->n_transfers * sizeof *logs->transfers);
        rows->n_transfers += logs->n_transfers;
    }
    if (logs->n_odd > 0) {
        rows->odd = grown(rows->odd, &rows->odd_cap, rows->n_odd, logs->n_odd, sizeof *rows->odd);
        memcpy(rows->odd + rows->n_odd, logs->odd, logs->n_odd * sizeof *logs->odd);
        rows->n_odd += logs->n_odd;
    }
}

size_t rows_count(const struct rows *rows) {
    return rows->n_transfers + rows->n_odd;
}

struct index_batch rows_batch(const struct rows *rows) {
    return (struct index_batch){
        .transfers = rows->transfers, .n_transfers = rows->n_transfers, .odd = rows->odd, .n_odd = rows->n_odd};
}
