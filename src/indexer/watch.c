/* What another instance indexes, seen through the database: for an instance that only serves. Owned by whoever started
 * it.
 * On its reactor's thread, in a coroutine. */
#include <assert.h>
#include <stdlib.h>

#include "core/log.h"
#include "indexer/indexer.h"
#include "indexer/job.h"
#include "repos/index_watch_repo.h"
#include "trouble.h"

enum { EVERY_MS = 2000, LIMIT_MS = 10 * 1000, ARENA_BYTES = 4 * 1024 * 1024 };

struct index_watch {
    struct reactor *reactor;
    struct chain *chain;
    struct index_status *status;
    struct job job;
    struct trouble trouble;
};

static enum err look(struct index_watch *watch) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct task *task = job_begin(&watch->job, LIMIT_MS);
    struct index_report report;
    struct block_ref head;
    enum err err = chain_id(watch->chain) != 0 ? ERR_OK : chain_resolve(task, watch->chain, &head, &latest);
    if (err == ERR_OK) err = index_watch_repo_read(task, NULL, &report, chain_id(watch->chain));
    if (err == ERR_OK) index_status_set(watch->status, &report);
    return err;
}

static void run(void *arg) {
    struct index_watch *watch = arg;
    while (!watch->job.ending) {
        enum err err = look(watch);
        if (watch->job.ending) break;
        if (err == ERR_OK) {
            trouble_over(&watch->trouble, chain_name(watch->chain));
        } else {
            (void)trouble_met(&watch->trouble, chain_name(watch->chain), &watch->job.task, err);
        }
        job_rest(&watch->job, EVERY_MS);
    }
}

struct index_watch *index_watch_start(struct reactor *reactor, struct chain *chain, struct index_status *status) {
    struct index_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) abort();
    *watch = (struct index_watch){.reactor = reactor, .chain = chain, .status = status};
    job_init(&watch->job, reactor, "index_watch", ARENA_BYTES);
    job_start(&watch->job, run, watch);
    return watch;
}

void index_watch_stop(struct index_watch *watch) {
    job_stop(&watch->job);
}

void index_watch_free(struct index_watch *watch) {
    if (watch == NULL) return;
    assert(watch->job.ended);
    job_free(&watch->job);
    free(watch);
}
