/* Rows of a batch on their way into the tables: transfers and odd logs by COPY. The batch belongs to the caller.
 * The indexer's coroutine. */
#include <assert.h>
#include <stdio.h>

#include "copy_rows.h"
#include "index_writer_internal.h"
#include "partition_sql.h"

/* The transfers are in order, so that each leaf comes up once. */
static enum err ensure_leaves(struct task *task, struct index_writer *writer, const struct index_batch *batch) {
    uint64_t last = UINT64_MAX;
    for (size_t i = 0; i < batch->n_transfers; i++) {
        uint64_t block = batch->transfers[i].place.block_number;
        uint64_t leaf = block / writer->partition_blocks;
        if (leaf == last) continue;
        enum err err = index_leaf_ensure(task, writer, block);
        if (err != ERR_OK) return err;
        last = leaf;
    }
    return ERR_OK;
}

static uint8_t *put_transfer(uint8_t *out, uint64_t chain_id, int32_t token_id, const struct transfer_log *log) {
    out = copy_put_fields(out, 9);
    out = copy_put_integer(out, chain_id, 8);
    out = copy_put_integer(out, log->place.block_number, 8);
    out = copy_put_integer(out, log->place.log_index, 4);
    out = copy_put_integer(out, (uint32_t)token_id, 4);
    out = copy_put_integer(out, (uint64_t)log->kind, 2);
    out = copy_put_numeric(out, &log->amount);
    out = copy_put_bytes(out, &log->from, sizeof log->from);
    out = copy_put_bytes(out, &log->to, sizeof log->to);
    return copy_put_bytes(out, &log->place.tx_hash, sizeof log->place.tx_hash);
}

static enum err copy_transfers(struct task *task, struct index_writer *writer, const struct index_batch *batch) {
    struct copy_rows copy;
    char chain[PARTITION_NAME_BYTES], sql[256];
    if (batch->n_transfers == 0) return ERR_OK;
    (void)snprintf(sql, sizeof sql,
                   "COPY %s (chain_id, block_number, log_index, token_id, kind, amount, from_address, to_address,"
                   " tx_hash) FROM STDIN (FORMAT binary)",
                   partition_chain_name(chain, writer->chain_id));
    enum err err = copy_rows_begin(task, &copy, writer->session, &writer->copy, sql);
    for (size_t i = 0; err == ERR_OK && i < batch->n_transfers; i++) {
        const struct transfer_log *log = &batch->transfers[i];
        int32_t token_id = token_ids_get(writer->tokens, &log->token);
        assert(token_id > 0);
        err = copy_row_done(task, &copy, put_transfer(copy_row(&writer->copy), writer->chain_id, token_id, log));
    }
    return err != ERR_OK ? err : copy_rows_end(task, &copy, batch->n_transfers);
}

static uint8_t *put_odd(uint8_t *out, uint64_t chain_id, const struct odd_log *log) {
    out = copy_put_fields(out, 6);
    out = copy_put_integer(out, chain_id, 8);
    out = copy_put_integer(out, log->place.block_number, 8);
    out = copy_put_integer(out, log->place.log_index, 4);
    out = copy_put_bytes(out, &log->token, sizeof log->token);
    out = copy_put_integer(out, log->n_topics, 2);
    return copy_put_integer(out, log->data_len, 4);
}

static enum err copy_odd_logs(struct task *task, struct index_writer *writer, const struct index_batch *batch) {
    struct copy_rows copy;
    if (batch->n_odd == 0) return ERR_OK;
    enum err err = copy_rows_begin(task, &copy, writer->session, &writer->copy,
                                   "COPY odd_logs (chain_id, block_number, log_index, address, topics, data_bytes)"
                                   " FROM STDIN (FORMAT binary)");
    for (size_t i = 0; err == ERR_OK && i < batch->n_odd; i++) {
        err = copy_row_done(task, &copy, put_odd(copy_row(&writer->copy), writer->chain_id, &batch->odd[i]));
    }
    return err != ERR_OK ? err : copy_rows_end(task, &copy, batch->n_odd);
}

enum err index_batch_put(struct task *task, struct index_writer *writer, const struct index_batch *batch,
                         const struct block_ref *extra) {
    enum err err = index_tokens_ensure(task, writer, batch->transfers, batch->n_transfers);
    if (err == ERR_OK) err = ensure_leaves(task, writer, batch);
    if (err == ERR_OK) err = copy_transfers(task, writer, batch);
    if (err == ERR_OK) err = copy_odd_logs(task, writer, batch);
    if (err == ERR_OK) err = index_events_copy(task, writer, batch);
    if (err == ERR_OK) err = index_states_put(task, writer, batch);
    return err != ERR_OK ? err : index_blocks_put(task, writer, batch, extra);
}
