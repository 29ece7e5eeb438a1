/* Asks the nodes for one block. On the task's thread, in a coroutine. */
#ifndef DAPPD_RPC_BLOCK_READ_H
#define DAPPD_RPC_BLOCK_READ_H

#include "core/task.h"
#include "head.h"
#include "rpc/chain.h"

enum { BLOCK_PARAMS_BYTES = 96 };

/* params of eth_getBlockByNumber. Transactions come as hashes only. */
void block_params_tag(char out[BLOCK_PARAMS_BYTES], enum head_tag tag);
void block_params_number(char out[BLOCK_PARAMS_BYTES], uint64_t number);

/* Errors: those of rpc_call, with the task's fault set; ERR_BLOCK_NOT_FOUND when no node asked has it. Out: finalized
 * is false. */
enum err block_read_tag(struct task *task, struct chain *chain, struct block_ref *out, enum head_tag tag) MUST_CHECK;
enum err block_read_number(struct task *task, struct chain *chain, struct block_ref *out, uint64_t number) MUST_CHECK;
enum err block_read_hash(struct task *task, struct chain *chain, struct block_ref *out, const hash32 *hash) MUST_CHECK;

#endif
