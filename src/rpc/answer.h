/* Turns what a node said about one call into the call's outcome. On the task's thread. */
#ifndef DAPPD_RPC_ANSWER_H
#define DAPPD_RPC_ANSWER_H

#include "codec.h"
#include "rpc/rpc.h"

/* Before the first try: nothing is known. */
void answer_clear(struct rpc_call *call);

/* Takes one try's item. A failure is kept only when it tells more than the failure of an earlier try. In: the HTTP
 * status that the item came with. Returns what this try came to. */
enum rpc_outcome answer_take(struct task *task, struct rpc_call *call, const struct codec_item *item, int http_status);

/* The same for a try that never got as far as an item of this call. */
void answer_take_failure(struct rpc_call *call, enum rpc_outcome outcome);

#endif
