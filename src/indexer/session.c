/* One session at a time: until the lock is taken it belongs to the indexer, from then on to the writer. While another
 * instance has the lock, what that one does is read from the database.
 * On the indexer's coroutine. */
#include "session.h"

#include <stdio.h>

#include "core/log.h"
#include "indexer_state.h"
#include "repos/index_watch_repo.h"

enum {
    LOCK_EVERY_MS = 1000,       /* how often the lock is tried */
    SCOPE_EVERY_MS = 10 * 1000, /* an operator may have dropped the index */
    PARTITION_BLOCKS = 1000 * 1000
};

/* Known once a node has told. */
static enum err ask_for_chain_id(struct indexer *indexer) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref head;
    if (chain_id(indexer->chain) != 0) return ERR_OK;
    return chain_resolve(job_begin(&indexer->job, NODE_LIMIT_MS), indexer->chain, &head, &latest);
}

static enum err open_session(struct indexer *indexer) {
    const struct pg_session_options options = {.url = indexer->options.database_url,
                                               .application_name = "dappd index",
                                               .connect_timeout_ms = indexer->options.connect_timeout_ms};
    struct task *task = job_begin(&indexer->job, 2 * indexer->options.connect_timeout_ms);
    return pg_session_open(task, &indexer->session, &options);
}

static enum err try_lock(struct indexer *indexer) {
    const struct index_writer_options options = {.chain_id = chain_id(indexer->chain),
                                                 .every = indexer->options.config->every,
                                                 .any_scope = !indexer_wants_tokens(indexer),
                                                 .partition_blocks = PARTITION_BLOCKS};
    struct task *task = job_begin(&indexer->job, WRITE_LIMIT_MS);
    return index_writer_open(task, &indexer->writer, indexer->session, &options);
}

static enum err stand_by(struct indexer *indexer) {
    struct index_report report;
    phase_enter(&indexer->phase, INDEX_STANDBY);
    trouble_over(&indexer->trouble, indexer_name(indexer));
    struct task *task = job_begin(&indexer->job, WRITE_LIMIT_MS);
    enum err err = index_watch_repo_read(task, indexer->session, &report, chain_id(indexer->chain));
    if (err != ERR_OK) return err;
    index_status_set(indexer->options.status, &report);
    job_rest(&indexer->job, LOCK_EVERY_MS);
    return ERR_OK;
}

/* The index was begun with the other scope: somebody has to decide what is right. */
static void refuse_scope(struct indexer *indexer) {
    bool every = indexer->options.config->every;
    (void)snprintf(
        indexer->halted, sizeof indexer->halted,
        "The database has an index of %s for this chain, but %s configured: change the configuration, or use "
        "another database.",
        every ? "named tokens" : "every token", every ? "every token is" : "named tokens are");
    if (indexer->phase.now != INDEX_HALTED) {
        log_write(LOG_INDEX, LOG_ERROR, "indexing has halted", LOG_STR("chain", indexer_name(indexer)),
                  LOG_STR("reason", indexer->halted));
    }
    phase_enter(&indexer->phase, INDEX_HALTED);
    indexer_report(indexer);
    job_rest(&indexer->job, SCOPE_EVERY_MS);
}

enum err session_begin(struct indexer *indexer) {
    bool has_work = indexer_wants_tokens(indexer) || indexer->n_streams > 0;
    if (has_work && indexer->phase.now != INDEX_STANDBY && indexer->phase.now != INDEX_HALTED) {
        phase_enter(&indexer->phase, INDEX_CONNECTING);
        indexer_report(indexer);
    }
    indexer->lost = false;
    enum err err = ask_for_chain_id(indexer);
    if (err == ERR_OK) err = open_session(indexer);
    while (err == ERR_OK && !indexer->job.ending) {
        err = try_lock(indexer);
        if (err == ERR_INVALID_PARAMETER) {
            refuse_scope(indexer);
            err = ERR_OK;
        } else if (indexer->writer != NULL) {
            indexer->halted[0] = '\0';
            return ERR_OK;
        } else if (err == ERR_OK) {
            err = stand_by(indexer);
        }
    }
    return err;
}

void session_end(struct indexer *indexer) {
    if (indexer->writer != NULL) {
        index_writer_close(indexer->writer);
    } else if (indexer->session != NULL) {
        pg_session_close(indexer->session);
    }
    indexer->writer = NULL;
    indexer->session = NULL;
}

void session_cut_short(struct indexer *indexer) {
    if (indexer->session != NULL) pg_session_cut_short(indexer->session);
}
