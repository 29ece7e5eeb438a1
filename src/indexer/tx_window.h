/* The chain's last blocks, each the parent of the next, up to the head that most of the nodes agree on: what says
 * whether the block of a receipt is canonical, whichever node the receipt is from. Owned by the follower of
 * transactions; its coroutine. */
#ifndef DAPPD_INDEXER_TX_WINDOW_H
#define DAPPD_INDEXER_TX_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "rpc/chain.h"

enum { TX_WINDOW_MAX = 1024, TX_WINDOW_REACH = 512 /* below the head, that are read for transactions there */ };

struct tx_window {
    struct block_ref *blocks; /* the highest last */
    size_t n;
};

void tx_window_init(struct tx_window *window);
void tx_window_free(struct tx_window *window);

/* The block of this number, or NULL where the window has none. Valid until the window moves. */
const struct block_ref *tx_window_at(const struct tx_window *window, uint64_t number);
const struct block_ref *tx_window_top(const struct tx_window *window);

/* Takes a block: behind its parent, in place of all that was above; or alone, when the window does not have its parent.
 * Returns true when that has taken blocks back. */
bool tx_window_put(struct tx_window *window, const struct block_ref *block);

/* Takes the parent of the lowest block, where there is room. */
void tx_window_put_below(struct tx_window *window, const struct block_ref *block);

/* Brings the window to the head. Out: reorged, blocks were taken back; behind, the head is a block below the top, which
 * stays: nodes lag. Errors: those of header_read_hash. */
enum err tx_window_follow(struct task *task, struct chain *chain, struct tx_window *window,
                          const struct block_ref *head, bool *reorged, bool *behind) MUST_CHECK;

/* Reads on below, towards this number, some blocks at a time, not below TX_WINDOW_REACH. */
enum err tx_window_reach(struct task *task, struct chain *chain, struct tx_window *window, uint64_t number) MUST_CHECK;

#endif
