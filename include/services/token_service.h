/* Reads of ERC-20 tokens and native coins, pinned to one block: which call, what counts as an error, what is cached.
 * Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_TOKEN_SERVICE_H
#define DAPPD_SERVICES_TOKEN_SERVICE_H

#include "eth/erc20.h"
#include "rpc/chain.h"

/* What a token says of itself at a recent block. Cached for a while, never for ever: tokens are upgradeable.
 * A token that answers none of name, symbol and decimals gives ERR_OK with everything missing. */
enum err token_service_metadata(struct task *task, struct chain *chain, struct erc20_metadata *out,
                                const address *token, const struct block_ref *block) MUST_CHECK;

#endif
