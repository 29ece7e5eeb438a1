/* The tokens of the index, and the block that all of it is true at. Each statement sees one snapshot. The task's
 * coroutine; what is given lives in the task's arena. Errors: those of repos/pg.h. */
#ifndef DAPPD_REPOS_TOKEN_REPO_H
#define DAPPD_REPOS_TOKEN_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "eth/erc20.h"

/* A token as lists show it. */
struct token_summary {
    int32_t id;
    address address;
    const char *name; /* NULL: it has none, or nobody has asked yet */
    const char *symbol;
    int decimals; /* -1: unknown */
    bool live;    /* its transfers and balances are complete at the tip */
    bool checked; /* its balances were compared with balanceOf */
    uint64_t checked_block;
    const char *drift; /* why its balances are not to be believed; NULL: nothing is known against them */
};

struct token_page {
    bool has_tip; /* false: this chain's index has nothing to serve yet */
    struct block_ref tip;
    struct token_summary *tokens;
    size_t n_tokens;
    bool more;
};

/* The tip alone. Out: has_tip and tip. */
enum err token_repo_tip(struct task *task, struct token_page *out, uint64_t chain_id) MUST_CHECK;

/* By address. In: after, NULL for the first page. */
enum err token_repo_page(struct task *task, struct token_page *out, uint64_t chain_id, const address *after,
                         size_t limit) MUST_CHECK;

/* One token: n_tokens is 0 when the index does not have it. */
enum err token_repo_get(struct task *task, struct token_page *out, uint64_t chain_id, const address *token) MUST_CHECK;

/* Those of these tokens that the index has, in any order. */
enum err token_repo_find(struct task *task, struct token_page *out, uint64_t chain_id, const address *tokens,
                         size_t n) MUST_CHECK;

#endif
