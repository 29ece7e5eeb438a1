/* What is known of a chain's latest, safe and finalized blocks, and how often to ask. Shared by all reactors behind one
 * mutex that is never held over a wait. Knows no network: callers bring blocks and times.
 *
 * The rule for the latest block of one node: the answer to the question asked last counts, whether higher, lower or
 * another block of the same height, because after a reorg only a node knows. An answer below the known head raises a
 * doubt, though, for the nodes behind one URL differ by a block or two: then the known head stays if it is still
 * reported at its height (head_is_above here, the second question in refresh.c). So an orphaned block never outlives a
 * question, and one lagging node does not move the head back and forth. Of several nodes, vote.h has the rule, and what
 * it comes to is the answer. The finalized block never goes back. */
#ifndef DAPPD_RPC_HEAD_H
#define DAPPD_RPC_HEAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "eth/block.h"

/* The blocks that have a name; the same numbers as in struct block_spec. */
enum head_tag { HEAD_LATEST = BLOCK_LATEST, HEAD_SAFE = BLOCK_SAFE, HEAD_FINALIZED = BLOCK_FINALIZED, HEAD_TAG_COUNT };

struct head_reading {
    struct block_ref block;
    uint64_t asked_us;   /* when the question was asked, monotonic; 0: never */
    uint64_t moved_us;   /* when it was first asked for with this block as the answer */
    uint64_t doubted_us; /* when a node said that this block is not canonical; 0: none did */
};

struct head {
    pthread_mutex_t mutex;
    struct head_reading readings[HEAD_TAG_COUNT];
    bool block_time_given;
    bool block_time_known;
    uint64_t block_time_ms;
};

/* In: block_time_ms, 0: to be measured. */
struct head *head_new(uint64_t block_time_ms);
void head_free(struct head *head);

/* How old what is known may get, in polls: half the block time, 250 ms to 6 s. */
uint64_t head_poll_ms(struct head *head);

/* How long to wait before asking for the latest block again: until the next one is due by its timestamp, then an eighth
 * of the block time again and again, and one poll where neither helps. Never so long that the known block may no longer
 * be served. In: wall_us, now by the wall clock. */
uint64_t head_wait_ms(struct head *head, uint64_t wall_us);

/* 0: not known yet. */
uint64_t head_block_time_ms(struct head *head);

/* The last reading, whatever its age. Returns false when there is none. */
bool head_read(struct head *head, struct head_reading *out, enum head_tag tag);

/* Returns true when the reading may still be served: latest for two poll intervals and while no node doubts it, the
 * others for one. Out: the block. */
bool head_read_fresh(struct head *head, struct block_ref *out, enum head_tag tag, uint64_t now_us);

/* Returns true when the known head is higher than the block and no node doubts it. Out: the known head. */
bool head_is_above(struct head *head, struct block_ref *known, const struct block_ref *block);

/* Takes an answer, unless a question asked later has been answered already. Returns true when it was taken. Of a
 * finalized block that is no higher than the known one, only the time is. */
bool head_take(struct head *head, enum head_tag tag, const struct block_ref *block, uint64_t asked_us);

/* A node doubts this block: as the latest or the safe one it will not be served before somebody has asked again, later
 * than now. */
void head_doubt(struct head *head, const hash32 *hash, uint64_t now_us);

/* Returns true when a canonical block of this number is known to be final. */
bool head_is_final(struct head *head, uint64_t number);

#endif
