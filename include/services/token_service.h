/* Tokens: what they say of themselves, their supply, and which of them the index has. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_TOKEN_SERVICE_H
#define DAPPD_SERVICES_TOKEN_SERVICE_H

#include "core/task.h"
#include "eth/erc20.h"
#include "repos/token_repo.h"
#include "services/amount.h"
#include "services/source.h"

struct token {
    address address;
    struct erc20_metadata metadata;
    bool has_total_supply; /* false: the contract does not answer totalSupply() */
    u256 total_supply;     /* in the token's smallest unit */
};

/* Errors: ERR_NOT_A_TOKEN when there is no code, or nothing of ERC-20 is answered; else those of the reads. */
enum err token_service_get(struct task *task, const struct source *source, struct token *token, struct block_ref *block,
                           const struct block_spec *spec) MUST_CHECK;

/* The tokens of the index by address, whether they are complete or still being read. In: after, the last of the page
 * before, or NULL. Errors: ERR_INDEX_UNAVAILABLE, ERR_TIMEOUT. */
enum err token_service_list(struct task *task, const struct source *source, struct token_page *out,
                            const address *after, size_t limit) MUST_CHECK;

#endif
