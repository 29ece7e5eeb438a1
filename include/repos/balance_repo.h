/* Balances as the index has them. Each statement sees one snapshot: amounts and the tip that they are true at belong
 * together.
 *
 * A sum below zero or above 256 bits can be no balance: it is given as 0, with "impossible_balance" as the token's
 * drift unless another one is known. The task's coroutine; what is given lives in the task's arena. Errors: those of
 * repos/pg.h. */
#ifndef DAPPD_REPOS_BALANCE_REPO_H
#define DAPPD_REPOS_BALANCE_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "eth/u256.h"
#include "repos/token_repo.h"

struct balance_point {
    bool has_tip; /* false: this chain's index has nothing to serve yet */
    struct block_ref tip;
    bool has_token; /* false: the index does not have it; nothing below is set */
    struct token_summary token;
    u256 amount; /* 0 for who holds none */
};

/* One balance. */
enum err balance_repo_get(struct task *task, struct balance_point *out, uint64_t chain_id, const address *token,
                          const address *holder) MUST_CHECK;

struct portfolio_row {
    struct token_summary token;
    u256 amount;
};

struct portfolio_page {
    bool has_tip;
    struct block_ref tip;
    bool place_gone; /* the index no longer has the token that the page before ended with: the rows mean nothing */
    struct portfolio_row *rows;
    size_t n_rows;
    bool more; /* there are rows behind the last */
};

/* A holder's balances other than zero of the tokens that are live, in the order in which the index met the tokens:
 * that of the primary key, so that a page costs the same wherever it lies. In: after, the token that the page before
 * ended with, or NULL. */
enum err balance_repo_portfolio(struct task *task, struct portfolio_page *out, uint64_t chain_id, const address *holder,
                                const address *after, size_t limit) MUST_CHECK;

struct holder_row {
    address holder;
    u256 amount;
};

struct holder_page {
    bool has_tip;
    struct block_ref tip;
    bool has_token;
    struct token_summary token;
    struct holder_row *rows;
    size_t n_rows;
    bool more;
};

/* Where a page of holders ended. */
struct holder_place {
    u256 amount;
    address holder;
};

/* A token's holders, largest first, then by address. In: after, NULL for the first page. */
enum err balance_repo_holders(struct task *task, struct holder_page *out, uint64_t chain_id, const address *token,
                              const struct holder_place *after, size_t limit) MUST_CHECK;

#endif
