/* Holders from the index, the supply from the nodes. Memory is the task's arena.
 * The task's coroutine. */
#include "services/holder_service.h"

#include "services/amount.h"
#include "services/indexed.h"
#include "snapshot.h"

enum { SUPPLY_WAIT_MS = 2000 };

/* What read_supply works on. */
struct supply {
    const struct source *source;
    struct holders *holders;
};

/* Shares are worth a short wait, no more: the holders are known without. */
static void read_supply(struct task *child, void *arg, size_t i) {
    const struct supply *supply = arg;
    struct holders *out = supply->holders;
    struct amount_read read = {.kind = AMOUNT_TOTAL_SUPPLY, .token = out->page.token.address};
    struct snapshot snapshot = {.amounts = &read, .n_amounts = 1};
    const uint64_t until_ms = reactor_now_ms(child->reactor) + SUPPLY_WAIT_MS;
    (void)i;
    if (until_ms < child->deadline_ms) child->deadline_ms = until_ms;
    struct block_ref block;
    read.err = indexed_resolve_tip(child, supply->source, &block, &out->page.tip);
    if (read.err == ERR_OK) snapshot_read(child, supply->source, &snapshot, &block);
    const bool refused = read.err == ERR_NOT_A_TOKEN || read.err == ERR_EXECUTION_REVERTED;
    out->supply_pending = read.err != ERR_OK && !refused;
    out->has_supply = read.err == ERR_OK && !u256_is_zero(&read.amount);
    out->supply = read.amount;
}

enum err holder_service_get(struct task *task, const struct source *source, struct holders *out, const address *token,
                            const struct holder_place *after, size_t limit) {
    struct holder_page *page = &out->page;
    uint64_t id;
    enum err err = indexed_begin(task, source, &id);
    if (err == ERR_OK) err = balance_repo_holders(task, page, id, token, after, limit);
    if (err == ERR_OK) err = indexed_check_tip(task, source, page->has_tip, &page->tip);
    if (err == ERR_OK) err = indexed_check_token(task, token, page->has_token ? &page->token : NULL);
    if (err == ERR_OK) err = indexed_check_drift(task, &page->token);
    if (err != ERR_OK) return err;
    struct supply supply = {source, out};
    task_parallel(task, 1, read_supply, &supply);
    return ERR_OK;
}
