/* An attempt that asks a second node when the first is slower than usual, and takes the answer that is there first. On
 * the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_HEDGE_H
#define DAPPD_RPC_HEDGE_H

#include "attempt.h"
#include "choice.h"

/* One request in twenty may be hedged, and a few before there were any. */
void hedge_budget_init(struct chain *chain);

/* Like attempt_send. A second node is asked when there is one that is well beyond doubt, the first has not answered
 * within its p95 (at least 200 ms), and the budget allows. Where the node asked has failed lately it is no guess any
 * more: then the next best is asked without a budget, and after it another. Out: the attempt's upstream, the one whose
 * answer was taken; tries, with all that were asked. */
void hedge_send(struct task *task, struct chain *chain, struct attempt *attempt, struct tries *tries);

#endif
