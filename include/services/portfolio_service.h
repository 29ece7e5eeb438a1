/* What an account holds: every token of the index with a balance, at the index's tip. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_PORTFOLIO_SERVICE_H
#define DAPPD_SERVICES_PORTFOLIO_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "eth/u256.h"
#include "repos/token_repo.h"
#include "services/source.h"

struct portfolio_item {
    struct token_summary token;
    bool live; /* the token drifts: read from a node, at the same block */
    u256 amount;
    enum err err; /* of the live read; the amount is not known then */
    const char *detail;
};

struct portfolio {
    struct block_ref block; /* all of it is true here */
    struct portfolio_item *items;
    size_t n_items;
    bool more;
    address last; /* the token that the page ends with: where the next one goes on */
};

/* A page, in the order in which the index met the tokens. A token that drifts and of which the account holds none is
 * left out, so a page may be shorter than its limit. In: after, the last of the page before, or
 * NULL. Errors: ERR_INDEX_UNAVAILABLE, ERR_NOT_INDEXED for the zero address, ERR_CURSOR_EXPIRED (after is no longer in
 * the index), ERR_TIMEOUT. */
enum err portfolio_service_get(struct task *task, const struct source *source, struct portfolio *out,
                               const address *holder, const address *after, size_t limit) MUST_CHECK;

#endif
