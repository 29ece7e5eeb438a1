/* Calls whose answers belong together, so that they count only when one node gives all of them. On the task's thread,
 * in a coroutine. */
#ifndef DAPPD_RPC_GROUP_H
#define DAPPD_RPC_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"

struct pool_group {
    enum upstream_question question;
    uint64_t timeout_ms;           /* of one try; 0: as the setting */
    uint64_t blocks;               /* whose logs are asked for: nodes that are known to give fewer are left out */
    const struct upstream *except; /* left out as well; NULL: none */
    /* Sees what every try has come to: the first outcome that is not OK, else RPC_OK. Returns what it makes of it. Out:
     * *final, true when no other try is worth it. */
    enum rpc_outcome (*judge)(const struct attempt *attempt, enum rpc_outcome outcome, bool *final, void *arg);
    void *arg;
};

bool group_may_ask(const struct pool_group *group, struct upstream *upstream, uint64_t now_ms);

/* One try: in one batch where the node takes it, else one after the other. The first call is one that no node finds too
 * large by itself. Out: the attempt's outcomes, all that of the try, which is returned. */
enum rpc_outcome group_send(struct task *task, struct chain *chain, struct attempt *attempt,
                            const struct pool_group *group, bool *final);

#endif
