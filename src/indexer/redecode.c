/* A contract's rows are walked through in order while new ones are written by the new version: so it is done when the
 * walk has reached the end. What has been written stays when it is broken off; the walk then begins anew, and passes
 * over what is done. Owned by the indexer.
 * On the indexer's coroutine. */
#include "redecode.h"

#include "core/log.h"
#include "indexer_state.h"

static struct index_stream *find_stale(struct indexer *indexer, const struct wanted_contract **wanted) {
    for (size_t i = 0; i < indexer->n_streams && indexer->contracts.known; i++) {
        struct index_stream *stream = &indexer->streams[i];
        if (stream->kind != STREAM_EVENTS) continue;
        *wanted = contracts_find(&indexer->contracts, &stream->token);
        if (*wanted != NULL && (*wanted)->version != stream->decoded) return stream;
    }
    return NULL;
}

static void begin(struct redecode *redecode, const struct wanted_contract *wanted) {
    if (redecode->under_way && redecode->version == wanted->version &&
        address_equal(&redecode->contract, &wanted->contract)) {
        return;
    }
    *redecode = (struct redecode){.under_way = true, .contract = wanted->contract, .version = wanted->version};
}

static enum err decode_piece(struct indexer *indexer, struct index_stream *stream) {
    struct redecode *redecode = &indexer->redecode;
    struct task *task = &indexer->job.task;
    struct index_stale stale;
    struct event_reader reader = decoder_reader(&indexer->decoder);
    enum err err = index_writer_stale(task, indexer->writer, &stale, &redecode->contract, redecode->version,
                                      redecode->begun ? &redecode->at : NULL, EVENT_MAX_DATA_BYTES);
    if (err == ERR_OK) {
        err = index_writer_decoded(task, indexer->writer, &redecode->contract, stale.events, stale.n, &reader,
                                   stale.done ? redecode->version : 0);
    }
    if (err != ERR_OK) return err;
    redecode->begun = true;
    redecode->at = stale.looked_at;
    if (!stale.done) return ERR_OK;
    stream->decoded = redecode->version;
    redecode->under_way = false;
    return ERR_OK;
}

/* What is registered by now may be another version again, of which the list will tell. */
enum err redecode_step(struct indexer *indexer, bool *more) {
    const struct wanted_contract *wanted;
    struct index_stream *stream = find_stale(indexer, &wanted);
    *more = false;
    if (stream == NULL) return ERR_OK;
    begin(&indexer->redecode, wanted);
    struct task *task = job_begin(&indexer->job, WRITE_LIMIT_MS);
    const struct event_log any = {.contract = indexer->redecode.contract};
    enum err err = decoder_prepare(task, &indexer->decoder, indexer->session, chain_id(indexer->chain), &any, 1);
    bool current = err == ERR_OK && decoder_version(&indexer->decoder, &any.contract) == indexer->redecode.version;
    if (current) err = decode_piece(indexer, stream);
    *more = current;
    return indexer_wrote(indexer, err);
}
