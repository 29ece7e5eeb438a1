/* Balances as the index has them. Each statement sees one snapshot: amounts and the tip that they are true at belong
 * together. The task's coroutine; what is given lives in the task's arena. Errors: those of repos/pg.h. */
#ifndef DAPPD_REPOS_BALANCE_REPO_H
#define DAPPD_REPOS_BALANCE_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "repos/token_repo.h"

struct balance_row {
    struct token_summary token;
    address holder;
    u256 amount;
    bool negative; /* the amount is below zero by that much */
};

struct balance_page {
    bool has_tip; /* false: this chain's index has nothing to serve yet */
    struct block_ref tip;
    struct balance_row *rows;
    size_t n_rows;
    bool more;
};

/* One balance; a row always, with the amount 0 for a holder that has none, unless the token is not in the index. */
enum err balance_repo_get(struct task *task, struct balance_page *out, uint64_t chain_id, const address *token,
                          const address *holder) MUST_CHECK;

/* A holder's balances other than zero, by token address. In: after, the token that the page before ended with, or NULL.
 */
enum err balance_repo_portfolio(struct task *task, struct balance_page *out, uint64_t chain_id, const address *holder,
                                const address *after, size_t limit) MUST_CHECK;

/* A token's holders, largest first, then by address. */
struct holder_place {
    u256 amount;
    address holder;
};
enum err balance_repo_holders(struct task *task, struct balance_page *out, uint64_t chain_id, const address *token,
                              const struct holder_place *after, size_t limit) MUST_CHECK;

#endif
