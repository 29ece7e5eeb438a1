/* Single uint256 reads of chain state at one block: native balances and the ERC-20 getters that return an amount.
 * Looked up first, then asked for together with whatever else a request misses. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_AMOUNT_H
#define DAPPD_SERVICES_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "eth/u256.h"
#include "services/source.h"

struct fetch;

enum amount_kind { AMOUNT_NATIVE_BALANCE, AMOUNT_TOKEN_BALANCE, AMOUNT_ALLOWANCE, AMOUNT_TOTAL_SUPPLY };

struct amount_read {
    /* in: what is not used stays zero */
    enum amount_kind kind;
    address token;
    address owner;
    address spender;
    /* out */
    bool missing;                    /* the cache did not have it */
    const struct state_read *answer; /* what the nodes said of a missing one */
    u256 amount;                     /* in the token's smallest unit (wei) */
    enum err err;                    /* ERR_NOT_A_TOKEN, ERR_EXECUTION_REVERTED, ERR_UPSTREAM_*, ERR_TIMEOUT ... */
    bool no_code;                    /* ERR_NOT_A_TOKEN because there is no contract at all */
    int retry_after_s;
    const char *detail; /* public, static or in the task's arena; "" when OK */
};

/* Fills in what the cache has, without waiting. Returns how many reads are missing. */
size_t amount_look_up(const struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                      const struct block_ref *block);

/* Adds the question of each missing read, one each. */
void amount_ask(struct fetch *fetch, struct amount_read *reads, size_t n);

/* Once the fetch has been sent: what the answers mean. Every read succeeds or fails for itself; what is true at the
 * block is in the cache before anything else of this reactor runs. Waits only to find out why a contract answered
 * nothing. */
void amount_take(struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                 const struct block_ref *block);

/* Fails a read. In: detail, static or in the arena; NULL when the arena's cap is passed. */
void amount_fail(struct amount_read *read, enum err err, const char *detail);

/* Makes a failed read the task's fault and returns its code; ERR_OK when it did not fail. */
enum err amount_read_check(struct task *task, const struct amount_read *read) MUST_CHECK;

#endif
