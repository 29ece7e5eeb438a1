/* Balances and allowances: amounts with the token's metadata, at one block. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_BALANCE_SERVICE_H
#define DAPPD_SERVICES_BALANCE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "eth/erc20.h"
#include "services/amount.h"
#include "services/source.h"

/* One amount and how to show it. */
struct balance {
    /* in */
    struct amount_read read;
    /* out: meaningful when read.err is ERR_OK */
    const struct erc20_metadata *metadata; /* of the token or the native coin; in the task's arena */
};

/* One balance or allowance. Out: *block, where it is true. Errors are the task's fault. */
enum err balance_service_get(struct task *task, const struct source *source, struct balance *balance,
                             struct block_ref *block, const struct block_spec *spec) MUST_CHECK;

/* Many at one block; each fails for itself, in its read.err. Returns an error only when the block cannot be had. */
enum err balance_service_get_many(struct task *task, const struct source *source, struct balance *balances, size_t n,
                                  struct block_ref *block, const struct block_spec *spec) MUST_CHECK;

#endif
