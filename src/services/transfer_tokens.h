/* What is known of the tokens that a receipt speaks of: from the index, else from the tokens themselves. Memory is the
 * task's arena; the task's coroutine. */
#ifndef DAPPD_SERVICES_TRANSFER_TOKENS_H
#define DAPPD_SERVICES_TRANSFER_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "repos/token_repo.h"
#include "rpc/logs.h"
#include "services/source.h"

struct transfer_tokens {
    struct token_summary *tokens; /* distinct, by address */
    size_t n;
};

/* Out: each token of the logs, of which nothing is known yet. */
enum err transfer_tokens_collect(struct task *task, struct transfer_tokens *out, const struct logs *logs) MUST_CHECK;

/* Fills in what the index has. In: id, the chain's. */
enum err transfer_tokens_look_up(struct task *task, struct transfer_tokens *tokens, uint64_t id) MUST_CHECK;

/* Asks those of which neither symbol nor decimals are known, as they are at the head; at the logs' own block where that
 * is above the head that is known. */
enum err transfer_tokens_ask(struct task *task, const struct source *source, struct transfer_tokens *tokens,
                             const struct block_ref *mined) MUST_CHECK;

/* One that was collected. */
const struct token_summary *transfer_tokens_find(const struct transfer_tokens *tokens, const address *token);

#endif
