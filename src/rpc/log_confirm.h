/* Whether to believe that a range of blocks has no logs. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_LOG_CONFIRM_H
#define DAPPD_RPC_LOG_CONFIRM_H

#include "log_ask.h"

/* In: a question about a range that one node has answered with no log at all. Asks another node the same, or looks at
 * the blooms of some of the blocks where there is no other. ERR_OK: there are none, or the question now holds what the
 * other node has found. */
enum err log_confirm_empty(struct task *task, struct chain *chain, struct log_question *question) MUST_CHECK;

#endif
