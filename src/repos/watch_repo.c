/* Watches and their states as rows. A new watch locks its contract's row first: so there are never more than there may
 * be, nor two of the same call. What is given lives in the task's arena; its coroutine. */
#include "repos/watch_repo.h"

#include <stdio.h>
#include <string.h>

#include "account_db.h"
#include "index_columns.h"
#include "repos/pg.h"
#include "store.h"
#include "watch_repo_sql.h"

enum { /* columns of a watch, then what stands behind them */
       ID_COLUMN,
       ADDRESS_COLUMN,
       SIGNATURE_COLUMN,
       ARGS_COLUMN,
       EVENT_COLUMN,
       TOPIC_COLUMN,
       CREATED_COLUMN,
       WATCH_N_COLUMNS,
       CALL_COLUMN = WATCH_N_COLUMNS
};

enum { /* columns of a state */
       FIRST_COLUMN = TIP_N_COLUMNS + WATCH_N_COLUMNS,
       HASH_COLUMN,
       TIME_COLUMN,
       LAST_COLUMN,
       REVERTED_COLUMN,
       DATA_COLUMN,
       READ_COLUMN,
       FOUND_COLUMN,
       MOVED_COLUMN
};

static const struct store watches = {ERR_CONTRACTS_UNAVAILABLE, "the database of contracts cannot be reached"};

static const struct pg_statement *statement(enum watch_repo_statement which) {
    return &watch_repo_statements[which];
}

static void read_watch(struct watch *out, struct pg_rows *rows, size_t row, int column) {
    *out = (struct watch){.id = pg_uuid(rows, row, column + ID_COLUMN),
                          .contract = pg_address(rows, row, column + ADDRESS_COLUMN),
                          .signature = pg_string(rows, row, column + SIGNATURE_COLUMN),
                          .event = pg_string(rows, row, column + EVENT_COLUMN),
                          .created_at = (uint64_t)pg_i64(rows, row, column + CREATED_COLUMN)};
    out->args = pg_text(rows, row, column + ARGS_COLUMN, &out->args_len);
    if (out->event != NULL) out->event_topic = pg_hash32(rows, row, column + TOPIC_COLUMN);
}

static void read_whole(struct watch *out, struct pg_rows *rows, size_t row) {
    read_watch(out, rows, row, 0);
    out->data = (const uint8_t *)pg_text(rows, row, CALL_COLUMN, &out->data_len);
}

static enum err take_all(struct task *task, struct watch **out, size_t *n, struct pg_rows *rows) {
    *n = rows->n;
    *out = arena_alloc(task->arena, rows->n * sizeof **out);
    if (*out == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < rows->n; i++) read_whole(&(*out)[i], rows, i);
    return pg_rows_check(task, rows);
}

static void param_key(struct pg_params *params, uint64_t chain_id, const address *contract) {
    pg_param_i64(params, (int64_t)chain_id);
    pg_param_address(params, contract);
}

static void param_topic(struct pg_params *params, const struct watch *watch) {
    if (watch->event != NULL) {
        pg_param_hash32(params, &watch->event_topic);
    } else {
        pg_param_null(params);
    }
}

/* --- creating and deleting --- */

struct creation {
    struct watch *out;
    bool *created;
    const struct watch *what;
    uint64_t chain_id;
    const struct watch_limits *limits;
    const struct audit_actor *by;
};

static enum err lock_contract(struct task *task, struct pg_session *session, const struct creation *creation) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    param_key(&params, creation->chain_id, &creation->what->contract);
    enum err err = pg_session_query(task, session, &rows, statement(WATCH_REPO_LOCK), &params);
    if (err != ERR_OK) return err;
    if (rows.n == 0) return task_fail(task, ERR_CONTRACT_NOT_FOUND, "no contract is registered at this address");
    if (pg_bool(&rows, 0, 0)) return ERR_OK;
    return task_fail(
        task, ERR_INVALID_PARAMETER,
        "the contract's events are not indexed, and its calls are read with them: register it with events");
}

static enum err find_same(struct task *task, struct pg_session *session, const struct creation *creation, bool *found) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    param_key(&params, creation->chain_id, &creation->what->contract);
    pg_param_bytes(&params, creation->what->data, creation->what->data_len);
    param_topic(&params, creation->what);
    enum err err = pg_session_query(task, session, &rows, statement(WATCH_REPO_FIND), &params);
    *found = err == ERR_OK && rows.n > 0;
    if (!*found) return err;
    read_whole(creation->out, &rows, 0);
    return pg_rows_check(task, &rows);
}

static enum err check_limits(struct task *task, struct pg_session *session, const struct creation *creation) {
    const struct watch_limits *limits = creation->limits;
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    param_key(&params, creation->chain_id, &creation->what->contract);
    enum err err = pg_session_query(task, session, &rows, statement(WATCH_REPO_COUNT), &params);
    if (err != ERR_OK) return err;
    if ((uint64_t)pg_i64(&rows, 0, 0) >= limits->of_contract) {
        return task_fail(task, ERR_LIMIT_REACHED, "of a contract %zu calls may be watched", limits->of_contract);
    }
    if ((uint64_t)pg_i64(&rows, 0, 1) >= limits->of_chain) {
        return task_fail(task, ERR_LIMIT_REACHED, "of a chain %zu calls may be watched", limits->of_chain);
    }
    return pg_rows_check(task, &rows);
}

static enum err insert(struct task *task, struct pg_session *session, const struct creation *creation) {
    const struct watch *what = creation->what;
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    account_param_log(&params, creation->by);
    param_key(&params, creation->chain_id, &what->contract);
    pg_param_uuid(&params, &what->id);
    pg_param_text(&params, what->signature);
    pg_param_bytes(&params, what->args, what->args_len); /* json's binary format is its text */
    pg_param_bytes(&params, what->data, what->data_len);
    pg_param_text(&params, what->event);
    param_topic(&params, what);
    enum err err = pg_session_query(task, session, &rows, statement(WATCH_REPO_CREATE), &params);
    if (err != ERR_OK) return err;
    *creation->created = true;
    read_whole(creation->out, &rows, 0);
    return pg_rows_check(task, &rows);
}

static enum err create(struct task *task, struct pg_session *session, void *arg) {
    const struct creation *creation = arg;
    bool found = false;
    *creation->created = false;
    enum err err = lock_contract(task, session, creation);
    if (err == ERR_OK) err = find_same(task, session, creation, &found);
    if (err != ERR_OK || found) return err;
    err = check_limits(task, session, creation);
    return err == ERR_OK ? insert(task, session, creation) : err;
}

enum err watch_repo_create(struct task *task, struct watch *out, bool *created, const struct watch *what,
                           uint64_t chain_id, const struct watch_limits *limits, const struct audit_actor *by) {
    struct creation creation = {out, created, what, chain_id, limits, by};
    return store_transaction(task, &watches, create, &creation);
}

enum err watch_repo_delete(struct task *task, uint64_t chain_id, const address *contract, const uuid *id,
                           const struct audit_actor *by) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    account_param_log(&params, by);
    param_key(&params, chain_id, contract);
    pg_param_uuid(&params, id);
    enum err err = store_change(task, &watches, &rows, statement(WATCH_REPO_DELETE), &params);
    if (err != ERR_OK || rows.n > 0) return err;
    return task_fail(task, ERR_WATCH_NOT_FOUND, "the contract has no watch of this id");
}

/* --- lists --- */

enum err watch_repo_list(struct task *task, struct watch **out, size_t *n, uint64_t chain_id, const address *contract) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    param_key(&params, chain_id, contract);
    enum err err = store_read(task, &watches, &rows, statement(WATCH_REPO_LIST), &params);
    return err == ERR_OK ? take_all(task, out, n, &rows) : err;
}

enum err watch_repo_print(struct task *task, struct pg_session *session, char out[WATCH_PRINT_BYTES],
                          uint64_t chain_id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)chain_id);
    enum err err = pg_session_query(task, session, &rows, statement(WATCH_REPO_PRINT), &params);
    if (err == ERR_OK) (void)snprintf(out, WATCH_PRINT_BYTES, "%s", pg_string(&rows, 0, 0));
    return err == ERR_OK ? pg_rows_check(task, &rows) : err;
}

enum err watch_repo_all(struct task *task, struct pg_session *session, struct watch **out, size_t *n,
                        uint64_t chain_id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, (int64_t)chain_id);
    enum err err = pg_session_query(task, session, &rows, statement(WATCH_REPO_ALL), &params);
    return err == ERR_OK ? take_all(task, out, n, &rows) : err;
}

/* --- states --- */

static void read_state(struct watch_state *out, struct pg_rows *rows, size_t row) {
    *out = (struct watch_state){.known = !pg_is_null(rows, row, FIRST_COLUMN)};
    if (!out->known) return;
    out->reverted = pg_bool(rows, row, REVERTED_COLUMN);
    out->first = (struct block_ref){.number = (uint64_t)pg_i64(rows, row, FIRST_COLUMN),
                                    .hash = pg_hash32(rows, row, HASH_COLUMN),
                                    .timestamp = (uint64_t)pg_i64(rows, row, TIME_COLUMN)};
    out->last = (uint64_t)pg_i64(rows, row, LAST_COLUMN);
    out->read = (uint64_t)pg_i64(rows, row, READ_COLUMN);
    out->data = (const uint8_t *)pg_text(rows, row, DATA_COLUMN, &out->data_len);
}

enum err watch_repo_states(struct task *task, struct watch_page *out, uint64_t chain_id, const address *contract,
                           const uuid *id, const uint64_t *at) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    *out = (struct watch_page){.n_rows = 0};
    param_key(&params, chain_id, contract);
    pg_param_uuid(&params, id);
    if (at != NULL) {
        pg_param_u64(&params, *at);
    } else {
        pg_param_null(&params);
    }
    enum err err = pg_read(task, &rows, statement(WATCH_REPO_STATES), &params);
    if (err != ERR_OK) return err;
    out->has_tip = index_read_tip(&out->block, &rows);
    out->n_rows = index_count_rows(&rows, TIP_N_COLUMNS);
    out->rows = arena_alloc(task->arena, out->n_rows * sizeof *out->rows);
    if (out->rows == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < out->n_rows; i++) {
        read_watch(&out->rows[i].watch, &rows, i, TIP_N_COLUMNS);
        read_state(&out->rows[i].state, &rows, i);
    }
    return pg_rows_check(task, &rows);
}

static enum err take_history(struct task *task, struct watch_history *out, struct pg_rows *rows, size_t limit) {
    out->has_tip = index_read_tip(&out->block, rows);
    out->found = index_count_rows(rows, TIP_N_COLUMNS) > 0;
    if (!out->found) return pg_rows_check(task, rows);
    read_watch(&out->watch, rows, 0, TIP_N_COLUMNS);
    out->place_moved = pg_bool(rows, 0, MOVED_COLUMN);
    size_t n = index_count_rows(rows, FIRST_COLUMN), found = n > 0 ? (size_t)pg_i64(rows, 0, FOUND_COLUMN) : 0;
    out->n_states = n < limit ? n : limit;
    out->more = found > out->n_states;
    out->states = arena_alloc(task->arena, n * sizeof *out->states);
    if (out->states == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < out->n_states; i++) read_state(&out->states[i], rows, i);
    return pg_rows_check(task, rows);
}

enum err watch_repo_history(struct task *task, struct watch_history *out, uint64_t chain_id, const address *contract,
                            const uuid *id, const struct watch_place *after, size_t limit) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    *out = (struct watch_history){.n_states = 0};
    param_key(&params, chain_id, contract);
    pg_param_uuid(&params, id);
    pg_param_u64(&params, after != NULL ? after->first_block : INT64_MAX);
    if (after != NULL) {
        pg_param_hash32(&params, &after->first_hash);
    } else {
        pg_param_null(&params);
    }
    pg_param_i64(&params, (int64_t)limit + 1);
    enum err err = pg_read(task, &rows, statement(WATCH_REPO_HISTORY), &params);
    return err == ERR_OK ? take_history(task, out, &rows, limit) : err;
}
