/* Streams of transfers follow the configuration: a token that is new begins where its contract was created, one that
 * has gone is no longer read or served. Owns nothing. On the indexer's coroutine. */
#include "configure.h"

#include "core/log.h"
#include "final.h"
#include "indexer_state.h"
#include "rpc/logs.h"

/* Streams to be added, whose start is looked for by several readers. */
struct starts {
    struct indexer *indexer;
    struct index_stream *streams;
    size_t n;
    size_t next;
    struct block_ref head;
    enum err err;
    struct fault fault;
};

static bool is_among(const struct index_stream *streams, size_t n, const struct index_stream *stream) {
    for (size_t i = 0; i < n; i++) {
        if (index_stream_same(&streams[i], stream)) return true;
    }
    return false;
}

/* What the configuration wants, each once; the task's arena. */
static enum err list_wanted(struct indexer *indexer, struct index_stream **wanted, size_t *n) {
    const struct index_config *config = indexer->options.config;
    struct task *task = &indexer->job.task;
    *n = 0;
    *wanted = arena_alloc(task->arena, (config->n_tokens + 1) * sizeof **wanted);
    if (*wanted == NULL) return task_fail(task, ERR_OVERLOADED, "too many tokens are configured");
    if (config->every) (*wanted)[(*n)++] = (struct index_stream){.every = true};
    for (size_t i = 0; !config->every && i < config->n_tokens; i++) {
        const struct index_stream stream = {.token = config->tokens[i]};
        if (!is_among(*wanted, *n, &stream)) (*wanted)[(*n)++] = stream;
    }
    return ERR_OK;
}

/* Nobody can tell where a contract began that is no more, or is still to come. */
static enum err begin_at_zero(const struct indexer *indexer, struct index_stream *stream) {
    char token[ADDRESS_TEXT_BYTES];
    log_write(LOG_INDEX, LOG_WARN, "there is no contract at this address", LOG_STR("chain", indexer_name(indexer)),
              LOG_STR("token", address_format(token, &stream->token)));
    stream->start_block = 0;
    return ERR_OK;
}

static void find_starts(struct task *task, void *arg, size_t reader) {
    struct starts *starts = arg;
    (void)reader;
    while (starts->next < starts->n && starts->err == ERR_OK) {
        struct index_stream *stream = &starts->streams[starts->next++];
        enum err err =
            logs_find_creation(task, starts->indexer->chain, &stream->start_block, &stream->token, &starts->head);
        if (err == ERR_NOT_A_TOKEN) err = begin_at_zero(starts->indexer, stream);
        if (err == ERR_OK || starts->err != ERR_OK) continue;
        starts->err = err;
        starts->fault = task->fault;
    }
}

static enum err find_creations(struct indexer *indexer, struct index_stream *streams, size_t n) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct task *task = &indexer->job.task;
    struct starts starts = {.indexer = indexer, .streams = streams, .n = n};
    enum err err = chain_resolve(task, indexer->chain, &starts.head, &latest);
    if (err != ERR_OK) return err;
    task_parallel(task, n < indexer->options.workers ? n : indexer->options.workers, find_starts, &starts);
    if (starts.err != ERR_OK) task->fault = starts.fault;
    return starts.err;
}

/* Blocks that are not final yet are followed, not read by ranges: a stream begins at the latest behind the last final
 * one. To read more than what was asked for harms nobody. */
static enum err set_starts(struct indexer *indexer, struct index_stream *streams, size_t n) {
    const struct index_config *config = indexer->options.config;
    uint64_t last;
    enum err err = final_find(indexer, &last);
    if (err == ERR_OK && !config->every && !config->has_from) err = find_creations(indexer, streams, n);
    if (err != ERR_OK) return err;
    for (size_t i = 0; i < n; i++) {
        if (config->has_from) streams[i].start_block = config->from_block;
        if (streams[i].start_block > last + 1) streams[i].start_block = last + 1;
        streams[i].next_block = streams[i].start_block;
    }
    return ERR_OK;
}

static enum err add(struct indexer *indexer, const struct index_stream *wanted, size_t n_wanted) {
    struct task *task = &indexer->job.task;
    struct index_stream *added = arena_alloc(task->arena, (n_wanted + 1) * sizeof *added);
    size_t n = 0;
    if (added == NULL) return task_fail(task, ERR_OVERLOADED, "too many tokens are configured");
    for (size_t i = 0; i < n_wanted; i++) {
        if (!is_among(indexer->streams, indexer->n_streams, &wanted[i])) added[n++] = wanted[i];
    }
    if (n == 0) return ERR_OK;
    enum err err = set_starts(indexer, added, n);
    if (err != ERR_OK) return err;
    log_write(LOG_INDEX, LOG_INFO, "streams are new", LOG_STR("chain", indexer_name(indexer)), LOG_U64("streams", n));
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    return indexer_wrote(indexer, index_writer_add(task, indexer->writer, added, n));
}

static enum err retire(struct indexer *indexer, const struct index_stream *wanted, size_t n_wanted) {
    struct task *task = &indexer->job.task;
    struct index_stream *retired = arena_alloc(task->arena, (indexer->n_streams + 1) * sizeof *retired);
    size_t n = 0;
    if (retired == NULL) return task_fail(task, ERR_OVERLOADED, "too many tokens are indexed");
    for (size_t i = 0; i < indexer->n_streams; i++) {
        const struct index_stream *stream = &indexer->streams[i];
        if (stream->kind == STREAM_TRANSFERS && !is_among(wanted, n_wanted, stream)) retired[n++] = *stream;
    }
    if (n == 0) return ERR_OK;
    log_write(LOG_INDEX, LOG_INFO, "streams are no longer wanted", LOG_STR("chain", indexer_name(indexer)),
              LOG_U64("streams", n));
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    return indexer_wrote(indexer, index_writer_retire(task, indexer->writer, retired, n));
}

enum err configure_streams(struct indexer *indexer) {
    struct index_stream *wanted;
    size_t n;
    (void)job_begin(&indexer->job, NODE_LIMIT_MS);
    enum err err = list_wanted(indexer, &wanted, &n);
    if (err == ERR_OK) err = retire(indexer, wanted, n);
    if (err == ERR_OK) err = add(indexer, wanted, n);
    return err == ERR_OK ? indexer_load(indexer) : err;
}
