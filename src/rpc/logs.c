/* The lists that logs are sorted into: transfers, those that look like one but are none, and logs of any kind as they
 * are. Memory belongs to whoever called logs_init.
 * On its owner's thread. */
#include <stdlib.h>

#include "log_list.h"

void logs_init(struct logs *logs) {
    *logs = (struct logs){.n_transfers = 0};
}

static void drop_events(struct logs *logs, size_t kept) {
    while (logs->n_events > kept) {
        struct event_log *event = &logs->events[--logs->n_events];
        logs->event_bytes -= event->data_len;
        free(event->data);
    }
}

void logs_clear(struct logs *logs) {
    logs->n_transfers = 0;
    logs->n_odd = 0;
    logs->n_nft = 0;
    drop_events(logs, 0);
}

void logs_free(struct logs *logs) {
    free(logs->transfers);
    free(logs->odd);
    drop_events(logs, 0);
    free(logs->events);
    logs_init(logs);
}

size_t logs_weight(const struct logs *logs) {
    enum { ROW_BYTES = 256 };
    return logs->n_transfers + logs->n_odd + logs->n_events + logs->event_bytes / ROW_BYTES;
}

struct logs_mark logs_mark(const struct logs *logs) {
    return (struct logs_mark){logs->n_transfers, logs->n_odd, logs->n_nft, logs->n_events};
}

void logs_reset(struct logs *logs, struct logs_mark mark) {
    logs->n_transfers = mark.n_transfers;
    logs->n_odd = mark.n_odd;
    logs->n_nft = mark.n_nft;
    drop_events(logs, mark.n_events);
}

/* Returns memory for twice as much as before. How much there can be is bounded by the longest reply. */
static void *grow(void *items, size_t *cap, size_t size) {
    enum { FIRST_CAP = 64 };
    *cap = *cap == 0 ? FIRST_CAP : *cap * 2;
    items = reallocarray(items, *cap, size);
    if (items == NULL) abort();
    return items;
}

void logs_append_transfer(struct logs *logs, const struct transfer_log *transfer) {
    if (logs->n_transfers == logs->transfers_cap) {
        logs->transfers = grow(logs->transfers, &logs->transfers_cap, sizeof(*transfer));
    }
    logs->transfers[logs->n_transfers++] = *transfer;
}

void logs_append_odd(struct logs *logs, const struct odd_log *odd) {
    if (logs->n_odd == logs->odd_cap) logs->odd = grow(logs->odd, &logs->odd_cap, sizeof(*odd));
    logs->odd[logs->n_odd++] = *odd;
}

void logs_append_event_take(struct logs *logs, const struct event_log *event) {
    if (logs->n_events == logs->events_cap) logs->events = grow(logs->events, &logs->events_cap, sizeof(*event));
    logs->events[logs->n_events++] = *event;
    logs->event_bytes += event->data_len;
}

static int compare_places(const struct log_place *a, const struct log_place *b) {
    if (a->block_number != b->block_number) return a->block_number < b->block_number ? -1 : 1;
    return (a->log_index > b->log_index) - (a->log_index < b->log_index);
}

static int compare_transfers(const void *a, const void *b) {
    return compare_places(&((const struct transfer_log *)a)->place, &((const struct transfer_log *)b)->place);
}

static int compare_odd(const void *a, const void *b) {
    return compare_places(&((const struct odd_log *)a)->place, &((const struct odd_log *)b)->place);
}

static int compare_events(const void *a, const void *b) {
    return compare_places(&((const struct event_log *)a)->place, &((const struct event_log *)b)->place);
}

/* Nearly every node sends them in order. */
static void sort_if_needed(void *items, size_t n, size_t size, int (*compare)(const void *, const void *)) {
    const char *item = items;
    for (size_t i = 1; i < n; i++, item += size) {
        if (compare(item, item + size) <= 0) continue;
        qsort(items, n, size, compare);
        return;
    }
}

static bool may_follow(const struct log_place *last, const struct log_place *next) {
    if (compare_places(last, next) >= 0) return false;
    if (last->block_number != next->block_number) return true;
    return hash32_equal(&last->block_hash, &next->block_hash) && last->timestamp == next->timestamp;
}

/* In: what was appended since the mark, sorted. */
static bool are_events_consistent(const struct logs *logs, struct logs_mark mark) {
    for (size_t i = mark.n_events + 1; i < logs->n_events; i++) {
        if (!may_follow(&logs->events[i - 1].place, &logs->events[i].place)) return false;
    }
    return true;
}

/* Walks transfers and odd logs as one list: events may be the same logs once more. */
static bool is_consistent(const struct logs *logs, struct logs_mark mark) {
    const struct log_place *last = NULL;
    size_t t = mark.n_transfers, o = mark.n_odd;
    while (t < logs->n_transfers || o < logs->n_odd) {
        bool odd_next = t == logs->n_transfers ||
                        (o < logs->n_odd && compare_places(&logs->odd[o].place, &logs->transfers[t].place) < 0);
        const struct log_place *next = odd_next ? &logs->odd[o++].place : &logs->transfers[t++].place;
        if (last != NULL && !may_follow(last, next)) return false;
        last = next;
    }
    return true;
}

bool logs_sort(struct logs *logs, struct logs_mark mark) {
    size_t n_transfers = logs->n_transfers - mark.n_transfers;
    size_t n_odd = logs->n_odd - mark.n_odd;
    if (n_transfers > 1) {
        sort_if_needed(logs->transfers + mark.n_transfers, n_transfers, sizeof(*logs->transfers), compare_transfers);
    }
    if (n_odd > 1) sort_if_needed(logs->odd + mark.n_odd, n_odd, sizeof(*logs->odd), compare_odd);
    size_t n_events = logs->n_events - mark.n_events;
    if (n_events > 1) {
        sort_if_needed(logs->events + mark.n_events, n_events, sizeof(*logs->events), compare_events);
    }
    return is_consistent(logs, mark) && are_events_consistent(logs, mark);
}

void logs_each_place(struct logs *logs, struct logs_mark mark, logs_place_fn fn, void *arg) {
    for (size_t i = mark.n_transfers; i < logs->n_transfers; i++) fn(&logs->transfers[i].place, arg);
    for (size_t i = mark.n_odd; i < logs->n_odd; i++) fn(&logs->odd[i].place, arg);
    for (size_t i = mark.n_events; i < logs->n_events; i++) fn(&logs->events[i].place, arg);
}
