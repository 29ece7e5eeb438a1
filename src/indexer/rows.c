/* Arrays that grow. Owned by the indexer.
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
    while (rows->n_events > 0) free(rows->events[--rows->n_events].data);
    rows->event_bytes = 0;
}

void rows_free(struct rows *rows) {
    rows_clear(rows);
    free(rows->transfers);
    free(rows->odd);
    free(rows->events);
    *rows = (struct rows){.transfers = NULL};
}

static void add_events(struct rows *rows, struct logs *logs) {
    if (logs->n_events == 0) return;
    rows->events = grown(rows->events, &rows->events_cap, rows->n_events, logs->n_events, sizeof *rows->events);
    memcpy(rows->events + rows->n_events, logs->events, logs->n_events * sizeof *logs->events);
    rows->n_events += logs->n_events;
    rows->event_bytes += logs->event_bytes;
    logs->n_events = logs->event_bytes = 0;
}

void rows_add(struct rows *rows, struct logs *logs) {
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
    add_events(rows, logs);
}

size_t rows_weight(const struct rows *rows) {
    const struct logs logs = {.n_transfers = rows->n_transfers,
                              .n_odd = rows->n_odd,
                              .n_events = rows->n_events,
                              .event_bytes = rows->event_bytes};
    return logs_weight(&logs);
}

struct index_batch rows_batch(const struct rows *rows, const struct event_reader *reader) {
    return (struct index_batch){.transfers = rows->transfers,
                                .n_transfers = rows->n_transfers,
                                .odd = rows->odd,
                                .n_odd = rows->n_odd,
                                .events = rows->events,
                                .n_events = rows->n_events,
                                .reader = reader};
}
