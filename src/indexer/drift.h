/* The drift check: a sum of transfers is a claim, balanceOf is the truth. Samples of indexed balances are held against
 * the live ones at the very same block. A token that disagrees is marked, and cleared only when the holder that it was
 * found in agrees too: other samples prove nothing for that one. On the indexer's coroutine. */
#ifndef DAPPD_INDEXER_DRIFT_H
#define DAPPD_INDEXER_DRIFT_H

#include "repos/index_writer.h"
#include "rpc/chain.h"

/* Checks a few of the tokens that were not checked for longest. In: label, of the chain in the metrics. Out: more,
 * whether it is worth going on at once, since there are tokens that never were. What nodes fail to answer is no
 * verdict, nor is anything about a tip that the chain has left behind; errors are those of the writer. */
enum err drift_check(struct task *task, struct chain *chain, struct index_writer *writer, size_t label,
                     bool *more) MUST_CHECK;

#endif
