/* What tokens say of themselves: name, symbol, decimals. Cached for a while, never for ever, because tokens are
 * upgradeable. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_METADATA_H
#define DAPPD_SERVICES_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "eth/erc20.h"
#include "services/source.h"

struct fetch;

enum { METADATA_GETTERS = 3, METADATA_TTL_MS = 10 * 60 * 1000 };

struct metadata_read {
    address token; /* in */
    /* out */
    bool missing;                    /* the cache did not have it */
    const struct state_read *answer; /* the first of METADATA_GETTERS answers to a missing one */
    struct erc20_metadata metadata;  /* a token that answers none of the three has everything missing */
    enum err err;                    /* only when the nodes could not be asked */
    int retry_after_s;
    const char *detail; /* public, static or in the task's arena; "" when OK */
};

/* Fills in what the cache has, without waiting. Returns how many reads are missing. In: reads of distinct tokens;
 * block: at the head, what a token said up to METADATA_TTL_MS ago will do, if it said all; at any other block the token
 * is asked what it said there. */
size_t metadata_look_up(const struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                        const struct block_ref *block);

/* Adds the questions of each missing read, METADATA_GETTERS each. */
void metadata_ask(struct fetch *fetch, struct metadata_read *reads, size_t n);

/* Once the fetch has been sent: what the answers mean. Does not wait. */
void metadata_take(struct task *task, const struct source *source, struct metadata_read *reads, size_t n,
                   const struct block_ref *block);

/* Fails a read. In: detail, static or in the arena; NULL when the arena's cap is passed. */
void metadata_fail(struct metadata_read *read, enum err err, const char *detail);

#endif
