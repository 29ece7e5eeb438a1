/* Rows with what they mean. An ABI that cannot be asked for explains nothing, which is no error. Stateless; the task's
 * coroutine. */
#include "services/sent_tx.h"

#include "repos/pg.h"
#include "revert.h"
#include "services/chain_service.h"

enum { RETRY_AFTER_S = 5 };

static enum err explain(struct task *task, struct sent_tx *tx, const struct abi *abi) {
    struct buf json;
    buf_init(&json, JSON_PIECE_MAX_BYTES);
    revert_write(&json, abi, tx->kept.revert_data, tx->kept.revert_len);
    return json_piece_take(task, &tx->revert, &json);
}

enum err sent_tx_explain(struct task *task, struct abi_store *abis, const struct source *source, struct sent_tx *txs,
                         size_t n) {
    const struct known_contract **contracts = arena_alloc(task->arena, n * sizeof *contracts);
    address *addresses = arena_alloc(task->arena, n * sizeof *addresses);
    size_t n_reverted = 0, at = 0;
    enum err err = ERR_OK;
    if (contracts == NULL || addresses == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < n; i++) {
        if (txs[i].kept.revert_data != NULL) addresses[n_reverted++] = txs[i].kept.to;
    }
    if (n_reverted > 0) abi_store_find(task, abis, source, contracts, addresses, n_reverted);
    for (size_t i = 0; err == ERR_OK && i < n; i++) {
        if (txs[i].kept.revert_data == NULL) continue;
        const struct known_contract *contract = contracts[at++];
        err = explain(task, &txs[i], contract != NULL ? contract->abi : NULL);
    }
    return err;
}

enum err sent_tx_begin(struct task *task, const struct source *source, uint64_t *id) {
    if (pg_of(task) != NULL) return chain_service_id(task, source->chain, id);
    if (source->index == NULL) return task_fail(task, ERR_TRANSACTIONS_UNAVAILABLE, "no database is configured");
    (void)task_fail(task, ERR_TRANSACTIONS_UNAVAILABLE, "the database of transactions is not ready yet");
    task->fault.retry_after_s = RETRY_AFTER_S;
    return ERR_TRANSACTIONS_UNAVAILABLE;
}

enum err sent_tx_page(struct task *task, struct abi_store *abis, const struct source *source, struct sent_tx **out,
                      size_t *n, bool *more, const address *account, int64_t before, size_t limit) {
    struct kept_tx *rows;
    uint64_t id;
    enum err err = sent_tx_begin(task, source, &id);
    if (err == ERR_OK) err = transaction_repo_page(task, &rows, n, more, id, account, before, limit);
    if (err != ERR_OK) return err;
    *out = arena_alloc(task->arena, *n * sizeof **out);
    if (*out == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < *n; i++) (*out)[i].kept = rows[i];
    return sent_tx_explain(task, abis, source, *out, *n);
}
