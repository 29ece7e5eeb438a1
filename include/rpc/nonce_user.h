/* Which transaction of a block has used a sender's nonce. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_NONCE_USER_H
#define DAPPD_RPC_NONCE_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "rpc/chain.h"

/* Asks for the block with all that is in it. Out: *found, false when it has none of this sender and nonce; then *out is
 * untouched. Source: eth_getBlockByHash. */
enum err nonce_user_find(struct task *task, struct chain *chain, hash32 *out, bool *found, const address *sender,
                         uint64_t nonce, const hash32 *block) MUST_CHECK;

/* The same of a block's text. Reads untrusted bytes; pure. Returns false when it is no such block. */
bool nonce_user_scan(hash32 *out, bool *found, const char *text, size_t len, const address *sender, uint64_t nonce,
                     const hash32 *block);

#endif
