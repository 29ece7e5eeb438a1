/* A chain's identity and the parts that know the rest: upstreams, head, follower. Made and freed by app.
 * Any thread, once made. */
#include "rpc/chain.h"

#include <stdlib.h>
#include <string.h>

#include "chain_state.h"
#include "core/clock.h"
#include "election.h"
#include "hedge.h"

static char *copy(const char *text) {
    char *text_copy = strdup(text);
    if (text_copy == NULL) abort();
    return text_copy;
}

struct chain *chain_new(const struct chain_config *config, const struct rpc_limits *limits, struct cache *cache,
                        size_t chain_label, size_t first_upstream_label) {
    struct chain *chain = calloc(1, sizeof(*chain));
    if (chain == NULL) abort();
    chain->name = copy(config->name);
    chain->native_symbol = copy(config->native_symbol);
    chain->native_decimals = config->native_decimals;
    atomic_init(&chain->id, config->id);
    chain->limits = *limits;
    chain->cache = cache;
    chain->label = chain_label;
    chain->n_upstreams = config->n_upstreams;
    chain->upstreams = calloc(config->n_upstreams, sizeof(*chain->upstreams));
    if (chain->upstreams == NULL) abort();
    for (size_t i = 0; i < config->n_upstreams; i++) {
        upstream_init(&chain->upstreams[i], &config->upstreams[i], first_upstream_label + i);
    }
    hedge_budget_init(chain);
    fee_board_init(&chain->fees);
    chain->head = head_new(config->block_time_ms);
    chain->election = election_new(config->n_upstreams);
    return chain;
}

void chain_free(struct chain *chain) {
    for (size_t i = 0; i < chain->n_upstreams; i++) upstream_free(&chain->upstreams[i]);
    free(chain->upstreams);
    fee_board_free(&chain->fees);
    election_free(chain->election);
    head_free(chain->head);
    free(chain->native_symbol);
    free(chain->name);
    free(chain);
}

const char *chain_name(const struct chain *chain) {
    return chain->name;
}

const char *chain_native_symbol(const struct chain *chain) {
    return chain->native_symbol;
}

unsigned chain_native_decimals(const struct chain *chain) {
    return chain->native_decimals;
}

uint64_t chain_id(const struct chain *chain) {
    return atomic_load(&chain->id);
}

/* Whole seconds, rounded up, between 1 and the block time. */
unsigned chain_max_age_s(const struct chain *chain, uint64_t wall_us) {
    struct head_reading latest;
    uint64_t block_time_us = head_block_time_ms(chain->head) * 1000;
    if (!head_read(chain->head, &latest, HEAD_LATEST) || latest.block.timestamp > UINT64_MAX / 2000000) return 1;
    uint64_t due_us = latest.block.timestamp * 1000000 + block_time_us;
    if (due_us <= wall_us) return 1;
    uint64_t left_us = due_us - wall_us < block_time_us ? due_us - wall_us : block_time_us;
    return left_us <= 1000000 ? 1 : (unsigned)((left_us + 999999) / 1000000);
}

bool chain_known_block(struct chain *chain, struct block_ref *out, enum block_kind kind) {
    struct head_reading reading;
    if (!head_read(chain->head, &reading, (enum head_tag)kind)) return false;
    *out = reading.block;
    return true;
}

bool chain_reached(struct chain *chain, uint64_t *number) {
    struct head_reading head;
    if (chain->n_upstreams > 1) return election_reached(chain, number);
    if (!head_read(chain->head, &head, HEAD_LATEST)) return false;
    *number = head.block.number;
    return true;
}

uint64_t chain_block_time_ms(const struct chain *chain) {
    return head_block_time_ms(chain->head);
}

void chain_forget_head(struct chain *chain, const hash32 *hash) {
    head_doubt(chain->head, hash, clock_now_us());
}

bool chain_head(struct chain *chain, struct block_ref *out, uint64_t *age_ms) {
    struct head_reading latest;
    if (!head_read(chain->head, &latest, HEAD_LATEST)) return false;
    uint64_t now_us = clock_now_us();
    *out = latest.block;
    *age_ms = now_us > latest.asked_us ? (now_us - latest.asked_us) / 1000 : 0;
    return true;
}
