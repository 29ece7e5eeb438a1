/* Single uint256 reads of chain state at one block: native balances and the ERC-20 getters that return an amount.
 * Cached by block hash, misses fetched together. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_AMOUNT_H
#define DAPPD_SERVICES_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "eth/u256.h"
#include "services/source.h"

enum amount_kind { AMOUNT_NATIVE_BALANCE, AMOUNT_TOKEN_BALANCE, AMOUNT_ALLOWANCE, AMOUNT_TOTAL_SUPPLY };

struct amount_read {
    /* in: what is not used stays zero */
    enum amount_kind kind;
    address token;
    address owner;
    address spender;
    /* out */
    bool missing; /* still to be fetched */
    u256 amount;  /* in the token's smallest unit (wei) */
    enum err err; /* ERR_NOT_A_TOKEN, ERR_EXECUTION_REVERTED, ERR_UPSTREAM_*, ERR_TIMEOUT ... */
    int retry_after_s;
    const char *detail; /* public, in the task's arena; "" when OK */
};

/* Fills in what the cache has, without waiting. Returns how many reads are left: they are marked missing. */
size_t amount_look_up(const struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                      const struct block_ref *block);

/* Asks the nodes for the reads marked missing. Every read succeeds or fails for itself. */
void amount_fetch(struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                  const struct block_ref *block);

/* Makes a failed read the task's fault and returns its code; ERR_OK when it did not fail. */
enum err amount_read_check(struct task *task, const struct amount_read *read) MUST_CHECK;

#endif
