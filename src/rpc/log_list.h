/* What struct logs can do besides what everybody sees of it. On its owner's thread. */
#ifndef DAPPD_RPC_LOG_LIST_H
#define DAPPD_RPC_LOG_LIST_H

#include <stdbool.h>

#include "rpc/logs.h"

/* How much was in the list at some time. */
struct logs_mark {
    size_t n_transfers;
    size_t n_odd;
    uint64_t n_nft;
    size_t n_events;
};
struct logs_mark logs_mark(const struct logs *logs);

/* Drops what was appended since. */
void logs_reset(struct logs *logs, struct logs_mark mark);

void logs_append_transfer(struct logs *logs, const struct transfer_log *transfer);
void logs_append_odd(struct logs *logs, const struct odd_log *odd);

/* Takes over the event's data, which is from malloc. */
void logs_append_event_take(struct logs *logs, const struct event_log *event);

/* Brings what was appended since into order. Returns false when two logs have the same place, or two logs of one block
 * tell different hashes or times of it. */
bool logs_sort(struct logs *logs, struct logs_mark mark);

/* Calls fn for the place of each log since the mark: of transfers first, of events last. */
typedef void (*logs_place_fn)(struct log_place *place, void *arg);
void logs_each_place(struct logs *logs, struct logs_mark mark, logs_place_fn fn, void *arg);

#endif
