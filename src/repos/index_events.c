/* Events of registered contracts on their way into their table, and those of it that are read anew once their
 * contract's ABI has changed. What is given lives in the task's arena.
 * The indexer's coroutine. */
#include "copy_rows.h"
#include "index_writer_internal.h"

enum {
    FIXED_BYTES = 512,              /* of a row, besides data, name and arguments */
    KEPT_BUFFER_BYTES = 1024 * 1024 /* what a buffer may have grown to without being given back */
};

static uint8_t *put_text(uint8_t *out, const char *text, size_t len) {
    return text != NULL ? copy_put_bytes(out, text, len) : copy_put_null(out);
}

static size_t name_length(const struct event_reading *reading) {
    return reading->name != NULL ? strlen(reading->name) : 0;
}

static uint8_t *put_event(uint8_t *out, uint64_t chain_id, const struct event_log *log,
                          const struct event_reading *reading) {
    static const uint8_t nothing[1];
    out = copy_put_fields(out, 13);
    out = copy_put_integer(out, chain_id, 8);
    out = copy_put_integer(out, log->place.block_number, 8);
    out = copy_put_integer(out, log->place.log_index, 4);
    out = copy_put_bytes(out, &log->contract, sizeof log->contract);
    out = copy_put_bytes(out, &log->place.tx_hash, sizeof log->place.tx_hash);
    for (unsigned i = 0; i < LOG_MAX_TOPICS; i++) {
        out = i < log->n_topics ? copy_put_bytes(out, &log->topics[i], sizeof log->topics[i]) : copy_put_null(out);
    }
    out = copy_put_bytes(out, log->data_len > 0 ? log->data : nothing, log->data_len);
    out = put_text(out, reading->name, name_length(reading));
    out = put_text(out, reading->args, reading->args_len);
    return copy_put_integer(out, (uint64_t)reading->version, 8);
}

static enum err copy_event(struct task *task, struct index_writer *writer, struct copy_rows *copy,
                           const struct event_log *log, const struct event_reader *reader) {
    struct event_reading reading;
    reader->read(reader->arg, &reading, log);
    size_t most = FIXED_BYTES + log->data_len + name_length(&reading) + reading.args_len;
    uint8_t *row = copy_row_of(&writer->copy, most);
    if (row == NULL) return index_out_of_memory(task);
    return copy_row_done(task, copy, put_event(row, writer->chain_id, log, &reading));
}

enum err index_events_copy(struct task *task, struct index_writer *writer, const struct index_batch *batch) {
    struct copy_rows copy;
    if (batch->n_events == 0) return ERR_OK;
    enum err err = copy_rows_begin(task, &copy, writer->session, &writer->copy,
                                   "COPY contract_events (chain_id, block_number, log_index, address, tx_hash, topic0,"
                                   " topic1, topic2, topic3, data, name, args, abi_version)"
                                   " FROM STDIN (FORMAT binary)");
    for (size_t i = 0; err == ERR_OK && i < batch->n_events; i++) {
        err = copy_event(task, writer, &copy, &batch->events[i], batch->reader);
    }
    if (err == ERR_OK) err = copy_rows_end(task, &copy, batch->n_events);
    if (writer->copy.cap > KEPT_BUFFER_BYTES) {
        buf_free(&writer->copy);
        buf_init(&writer->copy, INDEX_COPY_MAX_BYTES);
    }
    return err;
}

/* --- what is read anew --- */

enum { /* columns of INDEX_STALE */
       BLOCK_COLUMN,
       LOG_COLUMN,
       TOPIC_COLUMN,
       DATA_COLUMN = TOPIC_COLUMN + LOG_MAX_TOPICS,
       DATA_LENGTH_COLUMN,
       LAST_BLOCK_COLUMN,
       LAST_LOG_COLUMN,
       SEEN_COLUMN
};

/* Data that was left out as too long has its length all the same. */
static enum err read_data(struct task *task, struct event_log *log, struct pg_rows *rows, size_t row) {
    size_t len;
    const char *data = pg_text(rows, row, DATA_COLUMN, &len);
    log->data_len = (size_t)pg_i32(rows, row, DATA_LENGTH_COLUMN);
    if (data == NULL || len == 0) return ERR_OK;
    log->data = arena_alloc(task->arena, len);
    if (log->data == NULL) return index_out_of_memory(task);
    memcpy(log->data, data, len);
    return ERR_OK;
}

static enum err read_stale(struct task *task, struct event_log *log, const address *contract, struct pg_rows *rows,
                           size_t row) {
    *log = (struct event_log){.contract = *contract};
    log->place.block_number = (uint64_t)pg_i64(rows, row, BLOCK_COLUMN);
    log->place.log_index = (uint32_t)pg_i32(rows, row, LOG_COLUMN);
    while (log->n_topics < LOG_MAX_TOPICS && !pg_is_null(rows, row, TOPIC_COLUMN + (int)log->n_topics)) {
        log->topics[log->n_topics] = pg_hash32(rows, row, TOPIC_COLUMN + (int)log->n_topics);
        log->n_topics++;
    }
    return read_data(task, log, rows, row);
}

static enum err take_stale(struct task *task, struct index_stale *out, const address *contract, struct pg_rows *rows) {
    enum err err = ERR_OK;
    out->done = rows->n == 0 || pg_i64(rows, 0, SEEN_COLUMN) < INDEX_STALE_MAX;
    if (rows->n == 0 || pg_is_null(rows, 0, LAST_BLOCK_COLUMN)) return pg_rows_check(task, rows);
    out->looked_at.block_number = (uint64_t)pg_i64(rows, 0, LAST_BLOCK_COLUMN);
    out->looked_at.log_index = (uint32_t)pg_i32(rows, 0, LAST_LOG_COLUMN);
    if (pg_is_null(rows, 0, BLOCK_COLUMN)) return pg_rows_check(task, rows);
    out->events = arena_alloc(task->arena, rows->n * sizeof *out->events);
    if (out->events == NULL) return index_out_of_memory(task);
    for (; err == ERR_OK && out->n < rows->n; out->n++) {
        err = read_stale(task, &out->events[out->n], contract, rows, out->n);
    }
    return err != ERR_OK ? err : pg_rows_check(task, rows);
}

enum err index_writer_stale(struct task *task, struct index_writer *writer, struct index_stale *out,
                            const address *contract, int64_t version, const struct index_place *after,
                            size_t max_data) {
    struct pg_params params;
    struct pg_rows rows;
    *out = (struct index_stale){.n = 0};
    index_params_begin(&params, writer);
    pg_param_address(&params, contract);
    pg_param_i64(&params, version);
    pg_param_i64(&params, after != NULL ? (int64_t)after->block_number : -1);
    pg_param_i32(&params, after != NULL ? (int32_t)after->log_index : -1);
    pg_param_i64(&params, (int64_t)max_data);
    pg_param_i64(&params, INDEX_STALE_MAX);
    enum err err = index_query(task, writer, &rows, INDEX_STALE, &params);
    return err != ERR_OK ? err : take_stale(task, out, contract, &rows);
}

struct decoding {
    const address *contract;
    const struct event_log *events;
    size_t n;
    const struct event_reader *reader;
    int64_t decoded;
};

static enum err write_decoded(struct task *task, struct index_writer *writer, const struct event_log *log,
                              const struct event_reader *reader) {
    struct event_reading reading;
    struct pg_params params;
    reader->read(reader->arg, &reading, log);
    index_params_begin(&params, writer);
    pg_param_i64(&params, (int64_t)log->place.block_number);
    pg_param_i32(&params, (int32_t)log->place.log_index);
    pg_param_text(&params, reading.name);
    if (reading.args != NULL) {
        pg_param_bytes(&params, reading.args, reading.args_len); /* json's binary format is its text */
    } else {
        pg_param_null(&params);
    }
    pg_param_i64(&params, reading.version);
    return index_run(task, writer, INDEX_DECODE, &params);
}

/* Nothing is lost that is not done again when this is: its commit need not wait for the disk. */
static enum err decode(struct task *task, struct index_writer *writer, void *arg) {
    const struct decoding *decoding = arg;
    struct pg_params params;
    enum err err = pg_session_execute(task, writer->session, "SET LOCAL synchronous_commit = off");
    for (size_t i = 0; err == ERR_OK && i < decoding->n; i++) {
        err = write_decoded(task, writer, &decoding->events[i], decoding->reader);
    }
    if (err != ERR_OK || decoding->decoded == 0) return err;
    index_params_begin(&params, writer);
    pg_param_address(&params, decoding->contract);
    pg_param_i64(&params, decoding->decoded);
    return index_run(task, writer, INDEX_DECODED, &params);
}

enum err index_writer_decoded(struct task *task, struct index_writer *writer, const address *contract,
                              const struct event_log *events, size_t n, const struct event_reader *reader,
                              int64_t decoded) {
    struct decoding decoding = {contract, events, n, reader, decoded};
    return n == 0 && decoded == 0 ? ERR_OK : index_transaction(task, writer, decode, &decoding);
}
