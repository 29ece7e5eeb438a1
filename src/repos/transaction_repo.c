/* Transactions and their lives as rows. What is given lives in the task's arena; its coroutine. */
#include "repos/transaction_repo.h"

#include <assert.h>
#include <string.h>

#include "core/clock.h"
#include "store.h"
#include "transaction_repo_sql.h"

static const struct store transactions = {ERR_TRANSACTIONS_UNAVAILABLE,
                                          "the database of transactions cannot be reached"};

static const char *const state_names[KEPT_TX_STATE_COUNT] = {
    [KEPT_TX_ACCEPTED] = "accepted", [KEPT_TX_PENDING] = "pending",   [KEPT_TX_CONFIRMED] = "confirmed",
    [KEPT_TX_REVERTED] = "reverted", [KEPT_TX_REPLACED] = "replaced", [KEPT_TX_DROPPED] = "dropped",
    [KEPT_TX_REFUSED] = "refused",
};

const char *kept_tx_state_name(enum kept_tx_state state) {
    assert(state < KEPT_TX_STATE_COUNT);
    return state_names[state];
}

static const struct pg_statement *statement_of(enum transaction_repo_statement statement) {
    return &transaction_repo_statements[statement];
}

static enum err ask(struct task *task, struct pg_session *session, struct pg_rows *rows,
                    enum transaction_repo_statement statement, const struct pg_params *params) {
    if (session == NULL) return store_read(task, &transactions, rows, statement_of(statement), params);
    return store_query(task, &transactions, session, rows, statement_of(statement), params);
}

static enum err change(struct task *task, struct pg_session *session, struct pg_rows *rows,
                       enum transaction_repo_statement statement, const struct pg_params *params) {
    if (session == NULL) return store_change(task, &transactions, rows, statement_of(statement), params);
    return store_query(task, &transactions, session, rows, statement_of(statement), params);
}

enum {
    ID_COLUMN,
    HASH_COLUMN,
    TYPE_COLUMN,
    SENDER_COLUMN,
    NONCE_COLUMN,
    TO_COLUMN,
    CONTRACT_COLUMN,
    VALUE_COLUMN,
    STATE_COLUMN,
    REASON_COLUMN,
    FINAL_COLUMN,
    BLOCK_NUMBER_COLUMN,
    BLOCK_HASH_COLUMN,
    BLOCK_TIME_COLUMN,
    BLOCK_INDEX_COLUMN,
    GAS_USED_COLUMN,
    GAS_PRICE_COLUMN,
    REVERT_COLUMN,
    REPLACED_BY_COLUMN,
    CREATED_COLUMN,
    UPDATED_COLUMN,
    SENT_COLUMN,
    RAW_COLUMN
};

static enum kept_tx_state read_state(struct pg_rows *rows, size_t row) {
    const char *name = pg_string(rows, row, STATE_COLUMN);
    size_t state = 0;
    while (name != NULL && state < KEPT_TX_STATE_COUNT && strcmp(state_names[state], name) != 0) state++;
    if (name != NULL && state < KEPT_TX_STATE_COUNT) return (enum kept_tx_state)state;
    rows->broken = true;
    return KEPT_TX_ACCEPTED;
}

static void read_block(struct kept_tx_block *out, struct pg_rows *rows, size_t row) {
    *out = (struct kept_tx_block){.number = (uint64_t)pg_i64(rows, row, BLOCK_NUMBER_COLUMN),
                                  .hash = pg_hash32(rows, row, BLOCK_HASH_COLUMN),
                                  .timestamp = (uint64_t)pg_i64(rows, row, BLOCK_TIME_COLUMN),
                                  .index = (uint32_t)pg_i32(rows, row, BLOCK_INDEX_COLUMN),
                                  .gas_used = (uint64_t)pg_i64(rows, row, GAS_USED_COLUMN),
                                  .gas_price = pg_u256(rows, row, GAS_PRICE_COLUMN, NULL)};
}

static const uint8_t *read_bytes(struct pg_rows *rows, size_t row, int column, size_t *len) {
    *len = 0;
    if (pg_is_null(rows, row, column)) return NULL;
    return (const uint8_t *)pg_text(rows, row, column, len);
}

/* What may be null. */
static void read_rest(struct kept_tx *out, struct pg_rows *rows, size_t row) {
    if (!pg_is_null(rows, row, BLOCK_NUMBER_COLUMN)) read_block(&out->block, rows, row);
    out->has_replaced_by = !pg_is_null(rows, row, REPLACED_BY_COLUMN);
    if (out->has_replaced_by) out->replaced_by = pg_hash32(rows, row, REPLACED_BY_COLUMN);
    if (!pg_is_null(rows, row, SENT_COLUMN)) out->sent_at = (uint64_t)pg_i64(rows, row, SENT_COLUMN);
    out->revert_data = read_bytes(rows, row, REVERT_COLUMN, &out->revert_len);
    out->raw = read_bytes(rows, row, RAW_COLUMN, &out->raw_len);
}

static void read_row(struct kept_tx *out, struct pg_rows *rows, size_t row, uint64_t chain_id) {
    bool creates = pg_is_null(rows, row, TO_COLUMN);
    *out = (struct kept_tx){.id = pg_i64(rows, row, ID_COLUMN),
                            .chain_id = chain_id,
                            .hash = pg_hash32(rows, row, HASH_COLUMN),
                            .type = (unsigned)pg_i16(rows, row, TYPE_COLUMN),
                            .sender = pg_address(rows, row, SENDER_COLUMN),
                            .nonce = (uint64_t)pg_i64(rows, row, NONCE_COLUMN),
                            .creates = creates,
                            .to = pg_address(rows, row, creates ? CONTRACT_COLUMN : TO_COLUMN),
                            .value = pg_u256(rows, row, VALUE_COLUMN, NULL),
                            .state = read_state(rows, row),
                            .reason = pg_string(rows, row, REASON_COLUMN),
                            .final = pg_bool(rows, row, FINAL_COLUMN),
                            .created_at = (uint64_t)pg_i64(rows, row, CREATED_COLUMN),
                            .updated_at = (uint64_t)pg_i64(rows, row, UPDATED_COLUMN)};
    read_rest(out, rows, row);
}

static enum err read_rows(struct task *task, struct kept_tx **out, size_t *n, struct pg_rows *rows, uint64_t chain_id) {
    *out = arena_alloc(task->arena, rows->n * sizeof **out);
    if (*out == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < rows->n; i++) read_row(&(*out)[i], rows, i, chain_id);
    *n = rows->n;
    return pg_rows_check(task, rows);
}

static enum err not_found(struct task *task) {
    return task_fail(task, ERR_TRANSACTION_NOT_FOUND, "the transaction was not sent here");
}

static void begin_params(struct pg_params *params, uint64_t chain_id) {
    params->n = 0;
    pg_param_i64(params, (int64_t)chain_id);
}

enum err transaction_repo_get(struct task *task, struct kept_tx *out, uint64_t chain_id, const hash32 *hash) {
    struct pg_params params;
    struct pg_rows rows;
    begin_params(&params, chain_id);
    pg_param_hash32(&params, hash);
    enum err err = ask(task, NULL, &rows, TRANSACTION_REPO_GET, &params);
    if (err != ERR_OK) return err;
    if (rows.n == 0) return not_found(task);
    read_row(out, &rows, 0, chain_id);
    return pg_rows_check(task, &rows);
}

static void add_address(struct pg_params *params, bool given, const address *value) {
    if (given) {
        pg_param_address(params, value);
    } else {
        pg_param_null(params);
    }
}

enum err transaction_repo_accept(struct task *task, struct kept_tx *out, bool *fresh, const struct kept_tx *what) {
    struct pg_params params;
    struct pg_rows rows;
    assert(what->nonce <= INT64_MAX);
    begin_params(&params, what->chain_id);
    pg_param_hash32(&params, &what->hash);
    pg_param_bytes(&params, what->raw, what->raw_len);
    pg_param_i16(&params, (int16_t)what->type);
    pg_param_address(&params, &what->sender);
    pg_param_i64(&params, (int64_t)what->nonce);
    add_address(&params, !what->creates, &what->to);
    add_address(&params, what->creates, &what->to);
    pg_param_u256(&params, &what->value);
    pg_param_i64(&params, (int64_t)clock_wall_s());
    enum err err = change(task, NULL, &rows, TRANSACTION_REPO_ACCEPT, &params);
    if (err != ERR_OK) return err;
    *fresh = rows.n > 0;
    if (!*fresh) return transaction_repo_get(task, out, what->chain_id, &what->hash);
    read_row(out, &rows, 0, what->chain_id);
    return pg_rows_check(task, &rows);
}

static void read_step(struct kept_tx_step *out, struct pg_rows *rows, size_t row) {
    *out = (struct kept_tx_step){.at = (uint64_t)pg_i64(rows, row, 0),
                                 .step = pg_string(rows, row, 1),
                                 .reason = pg_string(rows, row, 2),
                                 .has_block = !pg_is_null(rows, row, 3)};
    if (!out->has_block) return;
    out->block_number = (uint64_t)pg_i64(rows, row, 3);
    out->block_hash = pg_hash32(rows, row, 4);
}

enum err transaction_repo_steps(struct task *task, struct kept_tx_step **out, size_t *n, uint64_t chain_id,
                                const hash32 *hash) {
    struct pg_params params;
    struct pg_rows rows;
    begin_params(&params, chain_id);
    pg_param_hash32(&params, hash);
    pg_param_i64(&params, KEPT_TX_MAX_STEPS);
    enum err err = ask(task, NULL, &rows, TRANSACTION_REPO_STEPS, &params);
    if (err != ERR_OK) return err;
    *n = rows.n;
    *out = arena_alloc(task->arena, rows.n * sizeof **out);
    if (*out == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < rows.n; i++) read_step(&(*out)[i], &rows, i);
    return pg_rows_check(task, &rows);
}

enum err transaction_repo_page(struct task *task, struct kept_tx **out, size_t *n, bool *more, uint64_t chain_id,
                               const address *account, int64_t before, size_t limit) {
    struct pg_params params;
    struct pg_rows rows;
    begin_params(&params, chain_id);
    pg_param_address(&params, account);
    pg_param_i64(&params, before > 0 ? before : INT64_MAX);
    pg_param_i64(&params, (int64_t)limit + 1);
    enum err err = ask(task, NULL, &rows, TRANSACTION_REPO_PAGE, &params);
    if (err != ERR_OK) return err;
    *more = rows.n > limit;
    if (*more) rows.n = limit;
    return read_rows(task, out, n, &rows, chain_id);
}

enum err transaction_repo_of_nonce(struct task *task, struct pg_session *session, struct kept_tx **out, size_t *n,
                                   uint64_t chain_id, const address *sender, uint64_t nonce) {
    struct pg_params params;
    struct pg_rows rows;
    assert(nonce <= INT64_MAX);
    begin_params(&params, chain_id);
    pg_param_address(&params, sender);
    pg_param_i64(&params, (int64_t)nonce);
    pg_param_i64(&params, KEPT_TX_MAX_RIVALS);
    enum err err = ask(task, session, &rows, TRANSACTION_REPO_OF_NONCE, &params);
    return err == ERR_OK ? read_rows(task, out, n, &rows, chain_id) : err;
}

enum err transaction_repo_open(struct task *task, struct pg_session *session, struct kept_tx **out, size_t *n,
                               uint64_t chain_id, int64_t after, size_t limit) {
    struct pg_params params;
    struct pg_rows rows;
    begin_params(&params, chain_id);
    pg_param_i64(&params, after);
    pg_param_i64(&params, (int64_t)limit);
    enum err err = ask(task, session, &rows, TRANSACTION_REPO_OPEN, &params);
    return err == ERR_OK ? read_rows(task, out, n, &rows, chain_id) : err;
}

static void add_hash(struct pg_params *params, const hash32 *value) {
    if (value != NULL) {
        pg_param_hash32(params, value);
    } else {
        pg_param_null(params);
    }
}

static void add_block(struct pg_params *params, const struct kept_tx_block *block) {
    if (block == NULL) {
        for (int i = 0; i < 6; i++) pg_param_null(params);
        return;
    }
    pg_param_i64(params, (int64_t)block->number);
    pg_param_hash32(params, &block->hash);
    pg_param_i64(params, (int64_t)block->timestamp);
    pg_param_i32(params, (int32_t)block->index);
    pg_param_i64(params, (int64_t)block->gas_used);
    pg_param_u256(params, &block->gas_price);
}

static void add_revert_data(struct pg_params *params, const struct kept_tx_move *move) {
    if (move->revert_data != NULL && move->revert_len <= KEPT_TX_MAX_REVERT_BYTES) {
        pg_param_bytes(params, move->revert_data, move->revert_len);
    } else {
        pg_param_null(params);
    }
}

static void add_step(struct pg_params *params, const struct kept_tx_move *move) {
    const struct kept_tx_block *block = move->to_block != NULL ? move->to_block : move->from_block;
    pg_param_text(params, move->step);
    if (block != NULL) {
        pg_param_i64(params, (int64_t)block->number);
    } else {
        pg_param_null(params);
    }
    add_hash(params, block != NULL ? &block->hash : NULL);
}

static bool is_in_a_block(enum kept_tx_state state) {
    return state == KEPT_TX_CONFIRMED || state == KEPT_TX_REVERTED;
}

enum err transaction_repo_move(struct task *task, struct pg_session *session, bool *moved,
                               const struct kept_tx_move *move) {
    struct pg_params params;
    struct pg_rows rows;
    assert(is_in_a_block(move->from) == (move->from_block != NULL));
    assert(is_in_a_block(move->to) == (move->to_block != NULL));
    *moved = false;
    begin_params(&params, move->chain_id);
    pg_param_hash32(&params, &move->hash);
    pg_param_text(&params, kept_tx_state_name(move->from));
    add_hash(&params, move->from_block != NULL ? &move->from_block->hash : NULL);
    pg_param_text(&params, kept_tx_state_name(move->to));
    pg_param_text(&params, move->reason);
    pg_param_bool(&params, move->final);
    add_block(&params, move->to_block);
    add_revert_data(&params, move);
    add_hash(&params, move->replaced_by);
    pg_param_bool(&params, move->sent);
    add_step(&params, move);
    pg_param_i64(&params, (int64_t)clock_wall_s());
    enum err err = change(task, session, &rows, TRANSACTION_REPO_MOVE, &params);
    *moved = err == ERR_OK && rows.n > 0;
    return err;
}

enum err transaction_repo_lock(struct task *task, struct pg_session *session, bool *locked, uint64_t chain_id) {
    struct pg_params params;
    struct pg_rows rows;
    *locked = false;
    begin_params(&params, chain_id);
    enum err err = store_query(task, &transactions, session, &rows, statement_of(TRANSACTION_REPO_LOCK), &params);
    if (err != ERR_OK) return err;
    *locked = rows.n == 1 && pg_bool(&rows, 0, 0);
    return pg_rows_check(task, &rows);
}
