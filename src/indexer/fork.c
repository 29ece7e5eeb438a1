/* The decisions of a reorg, apart from all that has to be asked for them. Owns nothing.
 * Pure: on the caller's thread. */
#include "fork.h"

#include <stddef.h>

static bool same(const struct block_ref *a, const struct block_ref *b) {
    return a->number == b->number && hash32_equal(&a->hash, &b->hash);
}

/* A block that the index does not keep lies below the finalized one: a head as low as that says that the node is far
 * behind, and nothing about the blocks above. */
enum head_view fork_view(const struct block_ref *tip, const struct block_ref *head, const struct block_ref *ours) {
    if (same(tip, head)) return HEAD_IS_TIP;
    if (head->number > tip->number) return HEAD_IS_AHEAD;
    if (head->number == tip->number) return HEAD_IS_REPLACED;
    return ours == NULL || same(ours, head) ? HEAD_IS_BEHIND : HEAD_IS_REPLACED;
}

enum fork_step fork_step(const struct block_ref *theirs, const struct block_ref *ours, uint64_t finalized_number) {
    if (ours != NULL && same(ours, theirs) && ours->number >= finalized_number) return FORK_FOUND;
    return theirs->number > finalized_number ? FORK_DEEPER : FORK_TOO_DEEP;
}
