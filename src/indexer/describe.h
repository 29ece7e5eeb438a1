/* Keeps tokens described: name, symbol and decimals as their contracts tell them. On the indexer's coroutine. */
#ifndef DAPPD_INDEXER_DESCRIBE_H
#define DAPPD_INDEXER_DESCRIBE_H

#include "repos/index_writer.h"
#include "rpc/chain.h"

/* Describes a few of the tokens that never were, or not for a day. In: tip, the index's. Out: more, whether it is worth
 * going on at once. What nodes fail to answer is left for another time; errors are those of the writer. */
enum err describe_tokens(struct task *task, struct chain *chain, struct index_writer *writer,
                         const struct block_ref *tip, bool *more) MUST_CHECK;

#endif
