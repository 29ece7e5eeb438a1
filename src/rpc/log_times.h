/* Gives logs the times of their blocks. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_LOG_TIMES_H
#define DAPPD_RPC_LOG_TIMES_H

#include "log_list.h"

/* Asks for the headers of blocks that have logs since the mark whose node did not say when they were. Errors: those of
 * headers_read; ERR_UPSTREAM_ERROR when the block there now is another one. */
enum err log_times_fill(struct task *task, struct chain *chain, struct logs *logs, struct logs_mark mark) MUST_CHECK;

#endif
