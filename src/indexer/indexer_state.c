/* What every part of the indexer does with its state: keep it as the database has it, and make it known. Owned by the
 * indexer.
 * On the indexer's coroutine. */
#include "indexer_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/metrics.h"
#include "rpc/logs.h"

const char *indexer_name(const struct indexer *indexer) {
    return chain_name(indexer->chain);
}

bool indexer_wants_tokens(const struct indexer *indexer) {
    return indexer->options.config->every || indexer->options.config->n_tokens > 0;
}

enum err indexer_read_rows(struct indexer *indexer) {
    const struct rows *rows = &indexer->rows;
    enum err err = wraps_sift(indexer, &indexer->rows);
    if (err != ERR_OK || rows->n_events == 0) return err;
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    return indexer_wrote(indexer, decoder_prepare(&indexer->job.task, &indexer->decoder, indexer->session,
                                                  chain_id(indexer->chain), rows->events, rows->n_events));
}

bool indexer_is_lagging(const struct indexer *indexer) {
    for (size_t i = 0; i < indexer->n_streams; i++) {
        if (!indexer->streams[i].live) return true;
    }
    return false;
}

/* First block that is not read: of the streams that are not live the one furthest behind. */
static uint64_t next_block(const struct indexer *indexer) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < indexer->n_streams; i++) {
        const struct index_stream *stream = &indexer->streams[i];
        if (!stream->live && stream->next_block < next) next = stream->next_block;
    }
    if (next != UINT64_MAX) return next;
    return indexer->has_tip ? indexer->tip.number + 1 : 0;
}

static uint64_t target(const struct indexer *indexer) {
    if (indexer_is_lagging(indexer)) return indexer->target;
    return indexer->has_tip ? indexer->tip.number : 0;
}

static void set_metrics(const struct indexer *indexer, const struct index_report *report) {
    size_t label = indexer->options.label;
    if (report->has_tip) metrics_set(METRIC_INDEX_BLOCK, label, 0, (int64_t)report->tip);
    metrics_set(METRIC_INDEX_NEXT, label, 0, (int64_t)report->next_block);
    metrics_set(METRIC_INDEX_TARGET, label, 0, (int64_t)report->target);
    metrics_set(METRIC_INDEX_HALTED, label, 0, report->phase == INDEX_HALTED);
}

void indexer_report(struct indexer *indexer) {
    uint64_t now_ms = reactor_now_ms(indexer->reactor);
    const struct progress *progress = &indexer->progress;
    struct index_report report = {.phase = indexer->phase.now,
                                  .indexing_here = indexer->writer != NULL,
                                  .has_tip = indexer->has_tip,
                                  .tip = indexer->tip.number,
                                  .next_block = next_block(indexer),
                                  .target = target(indexer),
                                  .logs = progress->logs,
                                  .logs_per_s = progress_logs_per_s(progress, now_ms),
                                  .odd_logs = progress->odd,
                                  .reorgs = progress->reorgs};
    if (report.next_block <= report.target) {
        report.eta_s = progress_eta_s(progress, now_ms, report.target - report.next_block + 1);
    }
    memcpy(report.halted, indexer->halted, sizeof report.halted);
    index_status_set(indexer->options.status, &report);
    set_metrics(indexer, &report);
    if (report.phase == INDEX_BACKFILL) {
        progress_tell(&indexer->progress, indexer_name(indexer), &report, now_ms, indexer->options.progress);
    } else {
        progress_end(&indexer->progress);
    }
}

void indexer_count(struct indexer *indexer, const struct index_batch *batch, uint64_t blocks) {
    progress_note(&indexer->progress, reactor_now_ms(indexer->reactor), batch->n_transfers + batch->n_events, blocks);
    indexer->progress.odd += batch->n_odd;
    metrics_add(METRIC_INDEX_LOGS, indexer->options.label, 0, (int64_t)batch->n_transfers);
    metrics_add(METRIC_INDEX_EVENTS, indexer->options.label, 0, (int64_t)batch->n_events);
    metrics_add(METRIC_INDEX_ODD, indexer->options.label, 0, (int64_t)batch->n_odd);
    indexer_report(indexer);
}

enum err indexer_wrote(struct indexer *indexer, enum err err) {
    if (err != ERR_OK) indexer->lost = true;
    return err;
}

enum err indexer_halt(struct indexer *indexer, const char *reason) {
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    enum err err = indexer_wrote(indexer, index_writer_halt(&indexer->job.task, indexer->writer, reason));
    if (err != ERR_OK) return err;
    log_write(LOG_INDEX, LOG_ERROR, "indexing has halted", LOG_STR("chain", indexer_name(indexer)),
              LOG_STR("reason", reason));
    (void)snprintf(indexer->halted, sizeof indexer->halted, "%s", reason);
    return ERR_OK;
}

enum err indexer_resume(struct indexer *indexer) {
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    enum err err = indexer_wrote(indexer, index_writer_halt(&indexer->job.task, indexer->writer, NULL));
    if (err != ERR_OK) return err;
    log_write(LOG_INDEX, LOG_INFO, "indexing goes on after a halt", LOG_STR("chain", indexer_name(indexer)));
    indexer->halted[0] = '\0';
    return ERR_OK;
}

void indexer_advance(struct indexer *indexer, const struct index_stream *streams, size_t n, uint64_t next) {
    for (size_t i = 0; i < indexer->n_streams; i++) {
        for (size_t j = 0; j < n; j++) {
            if (index_stream_same(&indexer->streams[i], &streams[j])) indexer->streams[i].next_block = next;
        }
    }
}

void indexer_advance_live(struct indexer *indexer) {
    for (size_t i = 0; i < indexer->n_streams; i++) {
        if (indexer->streams[i].live) indexer->streams[i].next_block = indexer->tip.number + 1;
    }
}

enum err indexer_load(struct indexer *indexer) {
    struct index_progress progress;
    enum err err = indexer_wrote(indexer, index_writer_load(&indexer->job.task, indexer->writer, &progress));
    if (err != ERR_OK) return err;
    struct index_stream *streams = calloc(progress.n_streams + 1, sizeof *streams);
    if (streams == NULL) abort();
    for (size_t i = 0; i < progress.n_streams; i++) streams[i] = progress.streams[i];
    free(indexer->streams);
    indexer->streams = streams;
    indexer->n_streams = progress.n_streams;
    indexer->has_tip = progress.has_tip;
    indexer->tip = progress.tip;
    indexer->has_finalized = progress.has_finalized;
    indexer->finalized = (struct block_ref){.number = progress.finalized_number, .hash = progress.finalized_hash};
    (void)snprintf(indexer->halted, sizeof indexer->halted, "%s", progress.halted == NULL ? "" : progress.halted);
    return ERR_OK;
}

enum err indexer_canonical_block(struct indexer *indexer, struct block_ref *out, uint64_t number) {
    struct header header;
    enum err err = headers_read(&indexer->job.task, indexer->chain, &header, number, 1);
    if (err == ERR_OK) *out = header.block;
    return err;
}
