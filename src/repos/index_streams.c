/* Which streams a chain has, as its configuration comes and goes.
 * The writer belongs to the caller.
 * The indexer's coroutine. */
#include <assert.h>

#include "index_writer_internal.h"

bool index_stream_same(const struct index_stream *a, const struct index_stream *b) {
    if (a->kind != b->kind || a->every != b->every) return false;
    return a->every || address_equal(&a->token, &b->token);
}

struct streams {
    const struct index_stream *streams;
    size_t n;
};

static void param_from_block(struct pg_params *params, const struct index_stream *stream) {
    if (stream->has_from_block) {
        pg_param_i64(params, (int64_t)stream->from_block);
    } else {
        pg_param_null(params);
    }
}

static enum err add_stream(struct task *task, struct index_writer *writer, const struct index_stream *stream) {
    struct pg_params params;
    index_params_begin(&params, writer);
    pg_param_bytes(&params, &stream->token, stream->every ? 0 : sizeof stream->token);
    pg_param_i64(&params, (int64_t)stream->start_block);
    pg_param_i16(&params, (int16_t)stream->kind);
    param_from_block(&params, stream);
    return index_run(task, writer, INDEX_ADD_STREAM, &params);
}

static enum err add(struct task *task, struct index_writer *writer, void *arg) {
    const struct streams *streams = arg;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < streams->n; i++) err = add_stream(task, writer, &streams->streams[i]);
    return err;
}

enum err index_writer_add(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                          size_t n) {
    struct streams arg = {streams, n};
    return index_transaction(task, writer, add, &arg);
}

static enum err retire(struct task *task, struct index_writer *writer, void *arg) {
    const struct streams *streams = arg;
    struct pg_params params;
    index_params_begin(&params, writer);
    enum err err = index_param_streams(task, &params, streams->streams, streams->n);
    if (err != ERR_OK) return err;
    pg_param_bool(&params, streams->streams[0].every);
    pg_param_i16(&params, (int16_t)streams->streams[0].kind);
    return index_run(task, writer, INDEX_RETIRE, &params);
}

enum err index_writer_retire(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                             size_t n) {
    struct streams arg = {streams, n};
    return n == 0 ? ERR_OK : index_transaction(task, writer, retire, &arg);
}

static enum err begin_at(struct task *task, struct index_writer *writer, void *arg) {
    const struct streams *streams = arg;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < streams->n; i++) {
        const struct index_stream *stream = &streams->streams[i];
        struct pg_params params;
        index_params_begin(&params, writer);
        pg_param_address(&params, &stream->token);
        pg_param_i64(&params, (int64_t)stream->start_block);
        param_from_block(&params, stream);
        err = index_run(task, writer, INDEX_BEGIN_AT, &params);
    }
    return err;
}

enum err index_writer_begin_at(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                               size_t n) {
    struct streams arg = {streams, n};
    return n == 0 ? ERR_OK : index_transaction(task, writer, begin_at, &arg);
}
