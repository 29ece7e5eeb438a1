/* Puts a block that has a name where all reactors find it. Any thread. */
#ifndef DAPPD_RPC_PUBLISH_H
#define DAPPD_RPC_PUBLISH_H

#include "head.h"
#include "rpc/chain.h"

/* In: asked_us, when the nodes were asked for it. */
void publish_block(struct chain *chain, enum head_tag tag, const struct block_ref *block, uint64_t asked_us);

#endif
