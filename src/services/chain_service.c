/* What is known of a chain, gathered. Owns nothing; the task's coroutine. */
#include "services/chain_service.h"

#include "core/clock.h"

void chain_service_describe(struct chain_summary *out, struct chain *chain) {
    *out = (struct chain_summary){.id = chain_id(chain),
                                  .name = chain_name(chain),
                                  .native_symbol = chain_native_symbol(chain),
                                  .native_decimals = chain_native_decimals(chain),
                                  .block_time_ms = chain_block_time_ms(chain)};
    out->has_head = chain_known_block(chain, &out->head, BLOCK_LATEST);
    out->has_safe = chain_known_block(chain, &out->safe, BLOCK_SAFE);
    out->has_finalized = chain_known_block(chain, &out->finalized, BLOCK_FINALIZED);
}

unsigned chain_service_max_age_s(const struct chain *chain) {
    return chain_max_age_s(chain, clock_wall_us());
}

enum err chain_service_check(struct task *task, struct chain *chain) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    const uint64_t deadline_ms = task->deadline_ms, until_ms = reactor_now_ms(task->reactor) + CHAIN_CHECK_MS;
    struct block_ref head;
    if (until_ms < deadline_ms) task->deadline_ms = until_ms;
    enum err err = chain_resolve(task, chain, &head, &latest);
    task->deadline_ms = deadline_ms;
    return err;
}

enum err chain_service_id(struct task *task, struct chain *chain, uint64_t *id) {
    *id = chain_id(chain);
    if (*id != 0) return ERR_OK;
    enum err err = chain_service_check(task, chain);
    *id = chain_id(chain);
    return err;
}

/* Out: *index, n when none is known to have it. */
static bool find_known(struct chain *const *chains, size_t n, uint64_t id, size_t *index) {
    for (*index = 0; *index < n; ++*index) {
        if (chain_id(chains[*index]) == id) return true;
    }
    return false;
}

/* While one is asked the ids of others may become known, so that they are looked at again. */
enum err chain_service_find(struct task *task, struct chain *const *chains, size_t n, uint64_t id, size_t *index) {
    enum err failed = ERR_OK;
    struct fault fault = {.code = ERR_OK};
    *index = n;
    if (id == 0 || find_known(chains, n, id, index)) return ERR_OK;
    for (size_t i = 0; i < n; i++) {
        uint64_t its;
        enum err err = chain_service_id(task, chains[i], &its);
        if (its == id) break;
        if (err == ERR_OK || its != 0) continue;
        failed = err;
        fault = task->fault;
    }
    if (find_known(chains, n, id, index) || failed == ERR_OK) return ERR_OK;
    task->fault = fault;
    return failed;
}
