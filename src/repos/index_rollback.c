/* How the index takes back blocks that a reorg has replaced: transfers, their part in the balances, events, tokens that
 * were seen nowhere else, and all progress behind the ancestor, in one transaction.
 * The indexer's coroutine. */
#include "index_writer_internal.h"

/* What no rollback may pass is asked within the transaction. */
static enum err check_final(struct task *task, struct index_writer *writer, const struct block_ref *ancestor) {
    struct index_progress progress;
    enum err err = index_writer_load(task, writer, &progress);
    if (err != ERR_OK || !progress.has_finalized || ancestor->number >= progress.finalized_number) return err;
    return task_fail(task, ERR_INVALID_PARAMETER, "the block to go back to is below the finalized one");
}

/* Whatever is behind the ancestor, of every stream. */
static enum err delete_rows(struct task *task, struct index_writer *writer, uint64_t above) {
    static const enum index_sql statements[] = {
        INDEX_ROLLBACK_TOKENS,     INDEX_ROLLBACK_TRANSFERS, INDEX_ROLLBACK_ODD_LOGS, INDEX_ROLLBACK_STATES,
        INDEX_ROLLBACK_CUT_STATES, INDEX_ROLLBACK_EVENTS,    INDEX_ROLLBACK_BLOCKS,   INDEX_ROLLBACK_STREAMS};
    struct pg_params params;
    enum err err = ERR_OK;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)above);
    for (size_t i = 0; err == ERR_OK && i < sizeof statements / sizeof *statements; i++) {
        err = index_run(task, writer, statements[i], &params);
    }
    return err;
}

static enum err rollback(struct task *task, struct index_writer *writer, void *arg) {
    const struct block_ref *ancestor = arg;
    struct pg_params params;
    enum err err = check_final(task, writer, ancestor);
    if (err != ERR_OK) return err;
    index_params_begin(&params, writer);
    index_param_tip(&params, ancestor);
    err = index_fence(task, writer, "the block to go back to is another one", INDEX_ROLLBACK_CHAIN, &params);
    if (err == ERR_OK) err = index_shift_balances(task, writer, ancestor->number, INT64_MAX, -1);
    return err != ERR_OK ? err : delete_rows(task, writer, ancestor->number);
}

enum err index_writer_rollback(struct task *task, struct index_writer *writer, const struct block_ref *ancestor) {
    struct block_ref block = *ancestor;
    enum err err = index_transaction(task, writer, rollback, &block);
    token_ids_clear(writer->tokens); /* some may be gone */
    return err;
}
