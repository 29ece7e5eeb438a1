/* Tokens: what they say of themselves, and their supply. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_TOKEN_SERVICE_H
#define DAPPD_SERVICES_TOKEN_SERVICE_H

#include "core/task.h"
#include "eth/erc20.h"
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

#endif
