/* How answers are kept in the shared cache, so that none is ever given at another block than it is true at.
 *
 * What was read at the head is kept under a key without block: its value begins with the hash of its block and answers
 * at that block only, and the next head's value takes its place. So memory follows the number of different questions,
 * not of blocks, and what a reorg takes away never answers again. What was read at any other block is kept under the
 * block's hash: at a final one until it is pushed out, else for an hour, since a reorg may leave it behind.
 *
 * Plain values; the cache locks by itself. The task's coroutine. */
#ifndef DAPPD_SERVICES_KEPT_H
#define DAPPD_SERVICES_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "services/source.h"

enum { KEPT_UNFINAL_TTL_MS = 60 * 60 * 1000 };

struct kept_key {
    size_t len;
    uint8_t bytes[CACHE_MAX_KEY];
};

struct kept_value {
    size_t len;
    uint8_t bytes[CACHE_MAX_VALUE];
};

/* Starts a key. In: question, what tells different questions about the same addresses apart. */
void kept_key_begin(struct kept_key *key, const struct source *source, const struct block_ref *block, uint8_t question);
void kept_key_add(struct kept_key *key, const address *a);
void kept_key_add_hash(struct kept_key *key, const hash32 *hash);

/* Starts a value: with the block's hash where the key does not have it. */
void kept_value_begin(struct kept_value *value, const struct block_ref *block);
void kept_value_add(struct kept_value *value, const void *data, size_t len);

/* The other way round: where the content of a value begins. */
size_t kept_content_at(const struct block_ref *block);

/* Returns true when a value, as the cache has it, is true at the block. */
bool kept_is_true_at(const struct block_ref *block, const void *value, size_t value_len);

/* Returns true when this block was the head but is no more: what was read at it would push out what is asked for now.
 */
bool kept_is_late(const struct source *source, const struct block_ref *block);

/* Until when a value is kept. */
uint64_t kept_until_ms(const struct task *task, const struct block_ref *block);

#endif
