/* What may be answered from the index, and what is said when it may not. Owns nothing.
 * The task's coroutine. */
#include "services/indexed.h"

#include "repos/pg.h"
#include "services/chain_service.h"

enum { RETRY_AFTER_S = 5, READY_WAIT_MS = 800 };

/* One that is configured gets its connections once it has been reached and brought to its schema. */
static enum err fail_without_database(struct task *task, const struct source *source) {
    if (source->index == NULL) return task_fail(task, ERR_INDEX_UNAVAILABLE, "no database is configured");
    enum err err = task_fail(task, ERR_INDEX_UNAVAILABLE, "the database of the index is not ready yet");
    task->fault.retry_after_s = RETRY_AFTER_S;
    return err;
}

enum err indexed_begin(struct task *task, const struct source *source, uint64_t *id) {
    if (pg_of(task) == NULL) return fail_without_database(task, source);
    return chain_service_id(task, source->chain, id);
}

static enum err fail_without_tip(struct task *task, const struct source *source) {
    static const char *const states[INDEX_PHASE_COUNT] = {
        [INDEX_OFF] = "is not indexed: none of its tokens is configured, and none of its contracts registered",
        [INDEX_CONNECTING] = "is about to be indexed",
        [INDEX_STANDBY] = "waits to be indexed",
        [INDEX_BACKFILL] = "is being indexed",
        [INDEX_BUILDING] = "has been read; its balances are being derived",
        [INDEX_FOLLOWING] = "is about to be indexed",
        [INDEX_HALTED] = "is no longer indexed: the index has stopped",
    };
    const char *name = chain_name(source->chain);
    struct index_report report = {.phase = INDEX_OFF};
    enum err err;
    if (source->index != NULL) report = index_status_get(source->index);
    if (report.phase == INDEX_BACKFILL && report.target >= report.next_block) {
        err = task_fail(task, ERR_INDEX_UNAVAILABLE, "chain \"%.64s\" is being indexed: at block %llu of %llu", name,
                        (unsigned long long)report.next_block, (unsigned long long)report.target);
    } else if (report.has_tip && report.phase == INDEX_FOLLOWING) {
        err = task_fail(task, ERR_INDEX_UNAVAILABLE, "of chain \"%.64s\" nothing of this kind is indexed", name);
    } else {
        err = task_fail(task, ERR_INDEX_UNAVAILABLE, "chain \"%.64s\" %s", name, states[report.phase]);
    }
    if (report.phase != INDEX_OFF) task->fault.retry_after_s = RETRY_AFTER_S;
    return err;
}

enum err indexed_check_tip(struct task *task, const struct source *source, bool has_tip, struct block_ref *tip) {
    struct block_ref newest;
    if (!has_tip) return fail_without_tip(task, source);
    tip->head = chain_known_block(source->chain, &newest, BLOCK_LATEST) && hash32_equal(&newest.hash, &tip->hash);
    return ERR_OK;
}

enum err indexed_check_token(struct task *task, const address *token, const struct token_summary *found) {
    char text[ADDRESS_TEXT_BYTES];
    if (found != NULL && found->live) return ERR_OK;
    return task_fail(task, ERR_NOT_INDEXED, "the index %s %s",
                     found != NULL ? "is not complete yet for" : "has no transfers of", address_format(text, token));
}

enum err indexed_check_drift(struct task *task, const struct token_summary *token) {
    char text[ADDRESS_TEXT_BYTES];
    if (token->drift == NULL) return ERR_OK;
    return task_fail(task, ERR_BALANCES_DRIFT, "the transfers of %s do not add up to its balances: %.32s",
                     address_format(text, &token->address), token->drift);
}

enum err indexed_check_holder(struct task *task, const address *holder) {
    static const address zero;
    if (!address_equal(holder, &zero)) return ERR_OK;
    return task_fail(task, ERR_NOT_INDEXED, "the index keeps no balances of the zero address");
}

unsigned indexed_max_age_s(const struct source *source, const struct block_ref *tip) {
    return tip->head ? chain_service_max_age_s(source->chain) : 1; /* what is behind may move at any moment */
}

static bool is_indexed(const struct source *source) {
    return source->index != NULL && index_status_get(source->index).phase != INDEX_OFF;
}

static enum err check_lag(struct task *task, const struct source *source, const struct block_ref *tip,
                          uint64_t max_lag) {
    struct block_ref newest;
    if (!chain_known_block(source->chain, &newest, BLOCK_LATEST) || newest.number <= tip->number) return ERR_OK;
    uint64_t lag = newest.number - tip->number;
    if (lag <= max_lag) return ERR_OK;
    return task_fail(task, ERR_INDEX_UNAVAILABLE, "the index is %llu blocks behind", (unsigned long long)lag);
}

enum err indexed_check_ready(struct task *task, const struct source *source, uint64_t max_lag) {
    const uint64_t deadline_ms = task->deadline_ms, until_ms = reactor_now_ms(task->reactor) + READY_WAIT_MS;
    struct token_page page;
    uint64_t id;
    if (!is_indexed(source)) return ERR_OK;
    if (until_ms < deadline_ms) task->deadline_ms = until_ms;
    enum err err = indexed_begin(task, source, &id);
    if (err == ERR_OK) err = token_repo_tip(task, &page, id);
    task->deadline_ms = deadline_ms;
    if (err == ERR_OK) err = indexed_check_tip(task, source, page.has_tip, &page.tip);
    return err != ERR_OK ? err : check_lag(task, source, &page.tip, max_lag);
}

enum err indexed_resolve_tip(struct task *task, const struct source *source, struct block_ref *out,
                             const struct block_ref *tip) {
    const struct block_spec spec = {.kind = BLOCK_HASH, .hash = tip->hash};
    return chain_resolve(task, source->chain, out, &spec);
}
