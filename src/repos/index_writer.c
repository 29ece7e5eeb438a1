/* Opens and closes the writer of a chain's index, and tells what is there. A writer owns its session, and thereby the
 * chain's lock.
 * The indexer's coroutine. */
#include <stdlib.h>

#include "copy_rows.h"
#include "core/log.h"
#include "index_writer_internal.h"
#include "partition_sql.h"

enum { SCRATCH_BYTES = 256 * 1024 * 1024 };

/* Advisory locks of a database are one space of numbers for all programs: ours have "dapp" on top. */
#define LOCK_SPACE ((uint64_t)0x64617070 << 32)

/* How this session plans. The balances that a few blocks change are looked up one by one, since the planner, which
 * knows their number badly, might read all there are; and compiling a plan takes longer than most of ours run. Deriving
 * balances and building indexes may use some memory; transfers are sorted to be summed, since that gives the balances
 * in the order in which they are written, and a hash table of as many holders fits no cache. */
static const char settings[] = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_hashagg = off;"
                               " SET jit = off; SET work_mem = '128MB'; SET maintenance_work_mem = '256MB'";

static enum err take_lock(struct task *task, struct index_writer *writer, bool *taken) {
    struct pg_params params = {.n = 0};
    pg_param_i64(&params, (int64_t)(LOCK_SPACE ^ writer->chain_id));
    return index_ask(task, writer, taken, INDEX_LOCK, &params);
}

static void give_lock_back(struct task *task, struct index_writer *writer) {
    struct fault fault = task->fault;
    struct pg_params params = {.n = 0};
    bool given;
    pg_param_i64(&params, (int64_t)(LOCK_SPACE ^ writer->chain_id));
    if (index_ask(task, writer, &given, INDEX_UNLOCK, &params) != ERR_OK || !given) {
        log_write(LOG_INDEX, LOG_WARN, "the lock of a chain could not be given back");
    }
    task->fault = fault;
}

static enum err read_chain(struct task *task, struct index_writer *writer, struct pg_rows *rows) {
    struct pg_params params;
    index_params_begin(&params, writer);
    return index_query(task, writer, rows, INDEX_CHAIN, &params);
}

static enum err make_chain(struct task *task, struct index_writer *writer) {
    struct pg_params params;
    char ddl[PARTITION_DDL_BYTES];
    index_params_begin(&params, writer);
    pg_param_bool(&params, writer->every);
    pg_param_i64(&params, (int64_t)writer->partition_blocks);
    enum err err = index_run(task, writer, INDEX_ADD_CHAIN, &params);
    return err != ERR_OK ? err : pg_session_execute(task, writer->session, partition_chain_ddl(ddl, writer->chain_id));
}

/* Where it was begun with the other scope: with this one from now on, or goes on with what there is, where that does
 * not matter. In: every, the scope there is. */
static enum err settle_scope(struct task *task, struct index_writer *writer, bool every) {
    struct pg_params params;
    bool moved;
    if (every == writer->every) return ERR_OK;
    index_params_begin(&params, writer);
    pg_param_bool(&params, writer->every);
    enum err err = index_ask(task, writer, &moved, INDEX_SET_SCOPE, &params);
    if (err != ERR_OK || moved) return err;
    if (!writer->any_scope) {
        return task_fail(task, ERR_INVALID_PARAMETER, "this chain's index was begun for %s",
                         every ? "every token" : "named tokens");
    }
    writer->every = every;
    return ERR_OK;
}

/* The chain as it was begun with, or begins it. */
static enum err begin_chain(struct task *task, struct index_writer *writer, void *arg) {
    (void)arg;
    struct pg_rows rows;
    enum err err = read_chain(task, writer, &rows);
    if (err != ERR_OK) return err;
    if (rows.n == 0) return make_chain(task, writer);
    bool every = pg_bool(&rows, 0, 0);
    writer->partition_blocks = (uint64_t)pg_i64(&rows, 0, 1);
    err = pg_rows_check(task, &rows);
    return err != ERR_OK ? err : settle_scope(task, writer, every);
}

static struct index_writer *writer_new(struct pg_session *session, const struct index_writer_options *options) {
    struct index_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) abort();
    writer->session = session;
    writer->chain_id = options->chain_id;
    writer->every = options->every;
    writer->any_scope = options->any_scope;
    writer->partition_blocks = options->partition_blocks;
    writer->scratch = arena_new(SCRATCH_BYTES);
    writer->tokens = token_ids_new();
    buf_init(&writer->copy, INDEX_COPY_MAX_BYTES);
    return writer;
}

static void writer_free(struct index_writer *writer) {
    buf_free(&writer->copy);
    token_ids_free(writer->tokens);
    arena_free(writer->scratch);
    free(writer);
}

/* With the lock. */
static enum err begin(struct task *task, struct index_writer *writer) {
    enum err err = pg_session_execute(task, writer->session, settings);
    return err != ERR_OK ? err : index_transaction(task, writer, begin_chain, NULL);
}

enum err index_writer_open(struct task *task, struct index_writer **out, struct pg_session *session,
                           const struct index_writer_options *options) {
    struct index_writer *writer = writer_new(session, options);
    bool locked;
    *out = NULL;
    enum err err = take_lock(task, writer, &locked);
    if (err == ERR_OK && locked) {
        err = begin(task, writer);
        if (err == ERR_OK) {
            *out = writer;
            return ERR_OK;
        }
        give_lock_back(task, writer);
    }
    writer_free(writer);
    return err;
}

void index_writer_close(struct index_writer *writer) {
    if (writer == NULL) return;
    pg_session_close(writer->session);
    writer_free(writer);
}

static void take_chain(struct index_progress *out, struct pg_rows *rows) {
    out->every = pg_bool(rows, 0, 0);
    out->has_tip = !pg_is_null(rows, 0, 2);
    if (out->has_tip) {
        out->tip.number = (uint64_t)pg_i64(rows, 0, 2);
        out->tip.hash = pg_hash32(rows, 0, 3);
        out->tip.timestamp = (uint64_t)pg_i64(rows, 0, 4);
        if (!pg_is_null(rows, 0, 5)) out->tip.parent_hash = pg_hash32(rows, 0, 5);
    }
    out->has_finalized = !pg_is_null(rows, 0, 6);
    if (out->has_finalized) {
        out->finalized_number = (uint64_t)pg_i64(rows, 0, 6);
        out->finalized_hash = pg_hash32(rows, 0, 7);
        out->tip.finalized = out->has_tip && out->tip.number <= out->finalized_number;
    }
}

static enum err load_chain(struct task *task, struct index_writer *writer, struct index_progress *out) {
    struct pg_rows rows;
    size_t len;
    enum err err = read_chain(task, writer, &rows);
    if (err != ERR_OK) return err;
    if (rows.n != 1) return task_fail(task, ERR_INTERNAL, "the index has lost its chain");
    take_chain(out, &rows);
    const char *halted = pg_text(&rows, 0, 8, &len);
    if (halted != NULL) out->halted = arena_strndup(task->arena, halted, len);
    if (halted != NULL && out->halted == NULL) return index_out_of_memory(task);
    return pg_rows_check(task, &rows);
}

static void take_stream(struct index_stream *out, struct pg_rows *rows, size_t row) {
    size_t len;
    (void)pg_text(rows, row, 0, &len);
    out->every = len == 0;
    if (!out->every) out->token = pg_address(rows, row, 0);
    out->start_block = (uint64_t)pg_i64(rows, row, 1);
    out->next_block = (uint64_t)pg_i64(rows, row, 2);
    out->live = pg_bool(rows, row, 3);
    int16_t kind = pg_i16(rows, row, 4);
    if (kind < 0 || kind >= STREAM_KIND_COUNT) rows->broken = true;
    out->kind = (enum stream_kind)kind;
    out->decoded = pg_i64(rows, row, 5);
    out->has_from_block = !pg_is_null(rows, row, 6);
    if (out->has_from_block) out->from_block = (uint64_t)pg_i64(rows, row, 6);
}

enum err index_writer_load(struct task *task, struct index_writer *writer, struct index_progress *out) {
    struct pg_params params;
    struct pg_rows rows;
    *out = (struct index_progress){.n_streams = 0};
    enum err err = load_chain(task, writer, out);
    if (err != ERR_OK) return err;
    index_params_begin(&params, writer);
    err = index_query(task, writer, &rows, INDEX_STREAMS, &params);
    if (err != ERR_OK) return err;
    out->streams = arena_alloc(task->arena, rows.n * sizeof *out->streams);
    if (out->streams == NULL) return index_out_of_memory(task);
    out->n_streams = rows.n;
    for (size_t i = 0; i < rows.n; i++) take_stream(&out->streams[i], &rows, i);
    return pg_rows_check(task, &rows);
}

enum err index_writer_block(struct task *task, struct index_writer *writer, struct block_ref *out, uint64_t number) {
    struct pg_params params;
    struct pg_rows rows;
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)number);
    enum err err = index_query(task, writer, &rows, INDEX_BLOCK, &params);
    if (err != ERR_OK) return err;
    if (rows.n == 0) return task_fail(task, ERR_BLOCK_NOT_FOUND, "the index keeps no such block");
    *out = (struct block_ref){.number = number, .hash = pg_hash32(&rows, 0, 0)};
    if (!pg_is_null(&rows, 0, 1)) out->parent_hash = pg_hash32(&rows, 0, 1);
    out->timestamp = (uint64_t)pg_i64(&rows, 0, 2);
    out->finalized = pg_bool(&rows, 0, 3);
    return pg_rows_check(task, &rows);
}

enum err index_writer_halt(struct task *task, struct index_writer *writer, const char *reason) {
    struct pg_params params;
    index_params_begin(&params, writer);
    if (reason != NULL) {
        pg_param_text(&params, reason);
    } else {
        pg_param_null(&params);
    }
    return index_run(task, writer, INDEX_HALT, &params);
}
