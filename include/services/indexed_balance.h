/* One balance of a token, from the index or from the nodes, whichever is wanted or can be believed. Runs on the task's
 * coroutine. */
#ifndef DAPPD_SERVICES_INDEXED_BALANCE_H
#define DAPPD_SERVICES_INDEXED_BALANCE_H

#include "repos/balance_repo.h"
#include "services/balance_service.h"

struct indexed_balance {
    /* in */
    address token;
    address holder;
    /* out */
    bool indexed;               /* which of the two it is */
    struct balance_point point; /* what the index says; without has_token, nothing */
    struct balance live;        /* read from the nodes unless indexed */
    struct block_ref block;     /* where it is true */
};

/* From the index, at its tip. Errors: ERR_INDEX_UNAVAILABLE, ERR_NOT_INDEXED, ERR_BALANCES_DRIFT, ERR_TIMEOUT. */
enum err indexed_balance_get(struct task *task, const struct source *source, struct indexed_balance *out) MUST_CHECK;

/* From the index when it is at the head and the token was checked and found right; else, or when the database cannot
 * tell soon, from the nodes at the head. Errors: those of balance_service_get. */
enum err indexed_balance_auto(struct task *task, const struct source *source, struct indexed_balance *out) MUST_CHECK;

/* Gives the metrics their values of the label `choice`. */
void indexed_balance_set_metric_labels(void);

#endif
