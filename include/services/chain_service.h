/* Chains as clients and load balancers see them: which there are, what is known of their blocks, whether they answer.
 * Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_CHAIN_SERVICE_H
#define DAPPD_SERVICES_CHAIN_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "rpc/chain.h"

/* How long chain_service_check waits: load balancers commonly give a probe a second. */
enum { CHAIN_CHECK_MS = 800 };

struct chain_summary {
    uint64_t id;      /* 0: not known yet */
    const char *name; /* the texts are the chain's */
    const char *native_symbol;
    unsigned native_decimals;
    uint64_t block_time_ms; /* 0: not known yet */
    struct block_ref head;
    struct block_ref safe;
    struct block_ref finalized;
    bool has_head; /* false: nobody has asked a node for it yet, or none could tell */
    bool has_safe;
    bool has_finalized;
};

/* What is known already: asks nobody. */
void chain_service_describe(struct chain_summary *out, struct chain *chain);

/* For how many seconds an answer at the newest block stays the newest, at least 1. */
unsigned chain_service_max_age_s(const struct chain *chain);

/* Asks for the newest block, unless it is known and fresh. Errors: those of chain_resolve; ERR_TIMEOUT after
 * CHAIN_CHECK_MS. */
enum err chain_service_check(struct task *task, struct chain *chain) MUST_CHECK;

/* The chain's id; a node is asked only while it is not known yet. Errors of the above. */
enum err chain_service_id(struct task *task, struct chain *chain, uint64_t *id) MUST_CHECK;

/* Out: *index, of the chain with that id; n when none has it. Those whose id is not known yet are asked in turn; errors
 * of the above, when one of them could not tell and no other has it: it might be that one. */
enum err chain_service_find(struct task *task, struct chain *const *chains, size_t n, uint64_t id,
                            size_t *index) MUST_CHECK;

#endif
