/* The rules that every answer from the index keeps: none without a tip, none about a token that is not complete, none
 * that adds up transfers which are known not to add up. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_INDEXED_H
#define DAPPD_SERVICES_INDEXED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "repos/token_repo.h"
#include "services/source.h"

/* The chain's id, asked of a node where it is not known yet. ERR_INDEX_UNAVAILABLE when there is no database. */
enum err indexed_begin(struct task *task, const struct source *source, uint64_t *id) MUST_CHECK;

/* In: has_tip, of what was read. ERR_INDEX_UNAVAILABLE says what the index is doing instead. Else marks the tip as the
 * head where it is the newest block that is known. */
enum err indexed_check_tip(struct task *task, const struct source *source, bool has_tip,
                           struct block_ref *tip) MUST_CHECK;

/* In: found, NULL when the index does not have it. ERR_NOT_INDEXED unless it is live. */
enum err indexed_check_token(struct task *task, const address *token, const struct token_summary *found) MUST_CHECK;

/* ERR_BALANCES_DRIFT when its sums are not to be believed. */
enum err indexed_check_drift(struct task *task, const struct token_summary *token) MUST_CHECK;

/* ERR_NOT_INDEXED for the zero address: what goes there is no longer held, and of mints it comes from there. */
enum err indexed_check_holder(struct task *task, const address *holder) MUST_CHECK;

/* The tip with all that the nodes know of it, for reads that are to be true at it. ERR_BLOCK_NOT_FOUND when it is not
 * canonical any more; else those of chain_resolve. */
enum err indexed_resolve_tip(struct task *task, const struct source *source, struct block_ref *out,
                             const struct block_ref *tip) MUST_CHECK;

/* For how many seconds an answer at the tip stays the newest, at least 1. */
unsigned indexed_max_age_s(const struct source *source, const struct block_ref *tip);

/* For load balancers: can this chain be answered from the index? Waits for less than a second. Errors:
 * ERR_INDEX_UNAVAILABLE when the database cannot be reached, or the tip is more than max_lag blocks behind the newest
 * block that is known. A chain that is not indexed passes. */
enum err indexed_check_ready(struct task *task, const struct source *source, uint64_t max_lag) MUST_CHECK;

#endif
