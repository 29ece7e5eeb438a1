/* Transfers and events read from a chain's nodes, straight from the bytes of their replies. On the task's thread, in a
 * coroutine.
 *
 * Nobody's word is taken for more than it proves: an answer about a range counts only from a node that in the same
 * breath shows the range's last block, since one that is behind answers with an empty list; logs outside of what was
 * asked make the whole answer nonsense; an answer without any log is checked (header blooms, another node). */
#ifndef DAPPD_RPC_LOGS_H
#define DAPPD_RPC_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "eth/event_log.h"
#include "eth/transfer_log.h"
#include "rpc/chain.h"

enum logs_kind {
    LOGS_TRANSFERS, /* Transfer, Deposit and Withdrawal, as what they mean */
    LOGS_EVENTS,    /* every log, as it is */
    LOGS_BOTH       /* every log as it is, and transfers as what they mean too */
};

/* Which contracts' logs. */
struct logs_filter {
    enum logs_kind kind;
    const address *tokens; /* the contracts; borrowed */
    size_t n_tokens;       /* 0: every contract */
};

/* What was read, in order of block and log index. Owned by whoever made it. */
struct logs {
    struct transfer_log *transfers;
    size_t n_transfers;
    size_t transfers_cap;
    struct odd_log *odd;
    size_t n_odd;
    size_t odd_cap;
    uint64_t n_nft;           /* ERC-721 transfers, left out */
    struct event_log *events; /* each with data of its own, from malloc */
    size_t n_events;
    size_t events_cap;
    size_t event_bytes; /* of their data */
};

void logs_init(struct logs *logs);
void logs_clear(struct logs *logs); /* keeps the memory */
void logs_free(struct logs *logs);

/* How much memory they take up, reckoned in rows: data that is long counts for several. */
size_t logs_weight(const struct logs *logs);

enum logs_outcome {
    LOGS_OK,
    LOGS_SPLIT, /* more than the nodes answer at once: ask for less */
    LOGS_FAILED /* the task's fault says why */
};

struct logs_range {
    uint64_t from;
    uint64_t to; /* inclusive; a block that the chain is known to have */
    /* out */
    struct block_ref last; /* block `to`, from the node that answered; LOGS_OK only */
    uint64_t suggested_to; /* LOGS_SPLIT: a node said that this much would do; 0: it did not */
};

/* Reads a range of blocks that no reorg can change any more. LOGS_OK: *out holds all of it, with the timestamps of its
 * blocks. A range of one block that is too much for every node is read in parts. */
enum logs_outcome logs_read_range(struct task *task, struct chain *chain, struct logs *out,
                                  const struct logs_filter *filter, struct logs_range *range);

/* The most blocks worth asking for at once, as the nodes have taught; 0: no limit known. */
uint64_t logs_max_blocks(struct chain *chain);

struct header {
    struct block_ref block;
    uint8_t bloom[BLOOM_BYTES];
    bool has_transactions;
};

/* Appends the logs of this one block, asked for by its hash. What the header's bloom rules out is not asked for.
 * Errors: ERR_BLOCK_NOT_FOUND when it is no longer canonical; those of rpc_call. */
enum err logs_read_block(struct task *task, struct chain *chain, struct logs *out, const struct logs_filter *filter,
                         const struct header *header) MUST_CHECK;

/* n headers by number, from first on, in one batch. ERR_BLOCK_NOT_FOUND when a node does not have one of them yet; that
 * each follows from the one before is for the caller to check. Out: finalized and head are false. */
enum err headers_read(struct task *task, struct chain *chain, struct header *out, uint64_t first, size_t n) MUST_CHECK;
enum err header_read_hash(struct task *task, struct chain *chain, struct header *out, const hash32 *hash) MUST_CHECK;

/* A block before which the contract had no code for sure: the first at which it has some, found by bisection below
 * `head`, or one a little before it; 0 where the nodes keep no old state, or nothing shows that they do.
 * ERR_NOT_A_TOKEN when it has none at `head` either. */
enum err logs_find_creation(struct task *task, struct chain *chain, uint64_t *block, const address *contract,
                            const struct block_ref *head) MUST_CHECK;

#endif
