/* The life of a chain's indexer: connect, take the lock or wait for it, load, then one round after the other. What
 * fails is told once and tried again; a session that fails is given up with its lock, and everything begins anew with
 * what the database has. Owned by whoever started it. On the indexer's thread. */
#include "indexer_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "backfill.h"
#include "core/log.h"
#include "rounds.h"
#include "session.h"

enum { ARENA_BYTES = 256 * 1024 * 1024, CUT_MS = 20 };

static void run(void *arg) {
    struct indexer *indexer = arg;
    while (!indexer->job.ending) {
        enum err err = session_begin(indexer);
        if (err == ERR_OK) {
            rounds_run(indexer);
        } else if (!indexer->job.ending) {
            job_rest(&indexer->job, trouble_met(&indexer->trouble, indexer_name(indexer), &indexer->job.task, err));
        }
        session_end(indexer);
    }
    progress_end(&indexer->progress);
}

struct indexer *indexer_start(struct reactor *reactor, const struct indexer_options *options) {
    assert(options->workers > 0);
    struct indexer *indexer = calloc(1, sizeof *indexer);
    if (indexer == NULL) abort();
    indexer->reactor = reactor;
    indexer->options = *options;
    indexer->chain = options->chain;
    job_init(&indexer->job, reactor, "index", ARENA_BYTES);
    phase_init(&indexer->phase, chain_name(options->chain), options->label);
    plan_init(&indexer->catch_up);
    decoder_init(&indexer->decoder);
    indexer->backfill = backfill_new(indexer);
    contracts_start(&indexer->contracts, indexer);
    job_start(&indexer->job, run, indexer);
    return indexer;
}

/* What is begun after a failure may wait again: until all have ended. */
static void cut_short(void *arg) {
    struct indexer *indexer = arg;
    while (!indexer->job.ended) {
        session_cut_short(indexer);
        job_cut_short(&indexer->job);
        backfill_cut_short(indexer->backfill);
        reactor_sleep_ms(indexer->reactor, CUT_MS);
    }
}

void indexer_stop(struct indexer *indexer) {
    indexer->job.ending = true;
    job_stop(&indexer->contracts.job);
    reactor_spawn(indexer->reactor, cut_short, indexer);
}

void indexer_free(struct indexer *indexer) {
    if (indexer == NULL) return;
    assert(indexer->job.ended && indexer->contracts.job.ended);
    backfill_free(indexer->backfill);
    contracts_free(&indexer->contracts);
    decoder_free(&indexer->decoder);
    wraps_free(&indexer->wraps);
    watch_reads_free(&indexer->watch_reads);
    rows_free(&indexer->rows);
    free(indexer->streams);
    job_free(&indexer->job);
    free(indexer);
}
