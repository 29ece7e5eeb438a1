/* The life of a follower: connect, take the chain's lock or stand by until whoever has it is gone, then one round after
 * the other. What fails is told once and tried again; a session that fails is given up with its lock, and everything
 * begins anew with what the database has. Owned by whoever started it.
 * On its reactor's thread, in a coroutine. */
#include "indexer/tx_follower.h"

#include <assert.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/metrics.h"
#include "repos/pg.h"
#include "tx_follower_state.h"
#include "tx_round.h"
#include "tx_steps.h"

enum {
    ARENA_BYTES = 64 * 1024 * 1024,
    LOCK_EVERY_MS = 500,   /* how often the lock is tried */
    ROUND_EVERY_MS = 1000, /* and at each new head */
    LOOK_EVERY_MS = 100,
    LIMIT_MS = 10 * 1000,
    CUT_MS = 20
};

static const char *name_of(const struct tx_follower *follower) {
    return chain_name(follower->chain);
}

static void report(struct tx_follower *follower, enum tx_following following, const uint64_t *open) {
    const struct tx_report what = {.following = following, .has_open = open != NULL, .open = open != NULL ? *open : 0};
    const size_t label = follower->options.label;
    tx_status_set(follower->options.status, &what);
    metrics_set(METRIC_TX_FOLLOWING, label, 0, following == TX_FOLLOWING_HERE);
    metrics_set(METRIC_TX_OPEN, label, 0, (int64_t)what.open);
}

/* Known once a node has told. */
static enum err ask_for_chain_id(struct tx_follower *follower) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref head;
    if (chain_id(follower->chain) != 0) return ERR_OK;
    return chain_resolve(job_begin(&follower->job, LIMIT_MS), follower->chain, &head, &latest);
}

static enum err open_session(struct tx_follower *follower) {
    const struct pg_session_options options = {.url = follower->options.database_url,
                                               .application_name = "dappd transactions",
                                               .connect_timeout_ms = follower->options.connect_timeout_ms};
    struct task *task = job_begin(&follower->job, 2 * follower->options.connect_timeout_ms);
    return pg_session_open(task, &follower->session, &options);
}

/* ERR_OK: it is the one that follows, or it is to end. */
static enum err begin(struct tx_follower *follower) {
    bool locked = false;
    report(follower, TX_FOLLOWING_CONNECTING, NULL);
    enum err err = ask_for_chain_id(follower);
    if (err == ERR_OK) err = open_session(follower);
    while (err == ERR_OK && !locked && !follower->job.ending) {
        struct task *task = job_begin(&follower->job, LIMIT_MS);
        err = transaction_repo_lock(task, follower->session, &locked, chain_id(follower->chain));
        if (err != ERR_OK || locked) continue;
        trouble_over(&follower->trouble, name_of(follower));
        report(follower, TX_FOLLOWING_STANDBY, NULL);
        job_rest(&follower->job, LOCK_EVERY_MS);
    }
    return err;
}

static bool has_new_head(const struct tx_follower *follower) {
    struct block_ref head;
    uint64_t age_ms;
    return chain_head(follower->chain, &head, &age_ms) && !hash32_equal(&head.hash, &follower->head);
}

/* A new head is not worth waking up for while nothing is open. */
static void rest(struct tx_follower *follower, uint64_t open) {
    const uint64_t end_ms = reactor_now_ms(follower->reactor) + ROUND_EVERY_MS;
    while (!follower->job.ending && reactor_now_ms(follower->reactor) < end_ms) {
        job_rest(&follower->job, open > 0 ? LOOK_EVERY_MS : ROUND_EVERY_MS);
        if (open > 0 && has_new_head(follower)) return;
    }
}

static void follow(struct tx_follower *follower) {
    uint64_t open = 0;
    bool moved = false, rushed = false;
    follower->lost = false;
    log_write(LOG_INDEX, LOG_INFO, "transactions are followed here", LOG_STR("chain", name_of(follower)));
    while (!follower->job.ending && !follower->lost) {
        enum err err = tx_round(follower, &open, &moved);
        if (follower->job.ending) return;
        if (err != ERR_OK) {
            job_rest(&follower->job, trouble_met(&follower->trouble, name_of(follower), &follower->job.task, err));
            continue;
        }
        trouble_over(&follower->trouble, name_of(follower));
        report(follower, TX_FOLLOWING_HERE, &open);
        rushed = moved && !rushed; /* what a reorg took back may be elsewhere already; but never without a rest */
        if (!rushed) rest(follower, open);
    }
}

static void end(struct tx_follower *follower) {
    if (follower->session != NULL) pg_session_close(follower->session);
    follower->session = NULL;
    tx_notes_free(&follower->notes);
    tx_window_free(&follower->window);
    tx_window_init(&follower->window);
}

static void run(void *arg) {
    struct tx_follower *follower = arg;
    while (!follower->job.ending) {
        enum err err = begin(follower);
        if (err == ERR_OK && !follower->job.ending) {
            follow(follower);
        } else if (!follower->job.ending) {
            job_rest(&follower->job, trouble_met(&follower->trouble, name_of(follower), &follower->job.task, err));
        }
        end(follower);
    }
}

void tx_follower_set_metric_labels(void) {
    tx_steps_set_metric_labels();
}

struct tx_follower *tx_follower_start(struct reactor *reactor, const struct tx_follower_options *options) {
    struct tx_follower *follower = calloc(1, sizeof *follower);
    if (follower == NULL) abort();
    follower->reactor = reactor;
    follower->options = *options;
    follower->chain = options->chain;
    follower->trouble.work = "transactions";
    tx_window_init(&follower->window);
    job_init(&follower->job, reactor, "transactions", ARENA_BYTES);
    job_start(&follower->job, run, follower);
    return follower;
}

/* What is begun after a failure may wait again: until it has ended. Questions on the side end with the task that they
 * are part of. */
static void cut_short(void *arg) {
    struct tx_follower *follower = arg;
    while (!follower->job.ended) {
        if (follower->session != NULL) pg_session_cut_short(follower->session);
        job_cut_short(&follower->job);
        reactor_sleep_ms(follower->reactor, CUT_MS);
    }
}

void tx_follower_stop(struct tx_follower *follower) {
    follower->job.ending = true;
    reactor_spawn(follower->reactor, cut_short, follower);
}

void tx_follower_free(struct tx_follower *follower) {
    if (follower == NULL) return;
    assert(follower->job.ended);
    tx_window_free(&follower->window);
    job_free(&follower->job);
    free(follower);
}
