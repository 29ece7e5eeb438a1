/* A round: new blocks first, then what has been registered meanwhile, then what keeps tokens described and checked and
 * events decoded, then a piece of history if there is any to
 * read, else a rest until the next block is due. There is one writer, so these take turns, while workers read ahead.
 * On the indexer's coroutine. */
#include "rounds.h"

#include "backfill.h"
#include "configure.h"
#include "core/log.h"
#include "final.h"
#include "follow.h"
#include "group.h"
#include "indexer_state.h"
#include "join.h"
#include "reorg.h"
#include "upkeep.h"

enum {
    POLL_SHARE = 8, /* of the block time */
    POLL_MIN_MS = 50,
    POLL_MAX_MS = 500,
    HALTED_MS = 2000
};

static uint64_t poll_ms(const struct indexer *indexer) {
    uint64_t ms = chain_block_time_ms(indexer->chain) / POLL_SHARE;
    return ms < POLL_MIN_MS ? POLL_MIN_MS : ms > POLL_MAX_MS ? POLL_MAX_MS : ms;
}

static void enter_phase(struct indexer *indexer) {
    if (indexer->halted[0] != '\0') {
        phase_enter(&indexer->phase, INDEX_HALTED);
    } else if (indexer->n_streams == 0) {
        phase_enter(&indexer->phase, INDEX_OFF);
    } else if (!indexer_is_lagging(indexer)) {
        phase_enter(&indexer->phase, INDEX_FOLLOWING);
    } else if (indexer->phase.now != INDEX_BUILDING) {
        phase_enter(&indexer->phase, INDEX_BACKFILL);
    }
    indexer_report(indexer);
}

/* Before anything is read or written: the nodes have to know what the index has as final. */
static enum err prepare(struct indexer *indexer) {
    bool same;
    (void)job_begin(&indexer->job, WRITE_LIMIT_MS);
    wraps_free(&indexer->wraps); /* another instance may have taken back what they were about, and judged anew */
    decoder_clear(&indexer->decoder);
    contracts_reset(&indexer->contracts);
    watch_reads_reset(&indexer->watch_reads);
    indexer->redecode.under_way = false;
    enum err err = indexer_load(indexer);
    if (err == ERR_OK) err = reorg_check_history(indexer, &same);
    if (err != ERR_OK) return err;
    if (!same) return reorg_halt_history(indexer);
    if (indexer->halted[0] != '\0') err = indexer_resume(indexer);
    if (err == ERR_OK) err = configure_streams(indexer);
    if (err == ERR_OK) err = watch_reads_refresh(indexer);
    return err == ERR_OK ? final_find(indexer, &indexer->target) : err;
}

/* Halted: looks whether the nodes have come back to the history that the index has. */
static enum err look_back(struct indexer *indexer) {
    bool same;
    job_rest(&indexer->job, HALTED_MS);
    (void)job_begin(&indexer->job, NODE_LIMIT_MS);
    enum err err = reorg_check_history(indexer, &same);
    if (err == ERR_BLOCK_NOT_FOUND) return ERR_OK;
    if (err != ERR_OK || !same) return err;
    return indexer_resume(indexer);
}

static enum err read_history(struct indexer *indexer, struct group *group, uint64_t until_ms) {
    bool busy = backfill_is_busy(indexer->backfill);
    (void)job_begin(&indexer->job, WRITE_LIMIT_MS);
    if (!busy) {
        enum err err = final_find(indexer, &indexer->target);
        if (err != ERR_OK) return err;
        if (!group_pick(group, indexer->streams, indexer->n_streams, indexer->target)) return ERR_OK;
    }
    if (!busy && join_is_near(indexer, group)) return join_step(indexer, group);
    phase_enter(&indexer->phase, INDEX_BACKFILL);
    return backfill_step(indexer->backfill, group, until_ms);
}

/* Catching up with the head comes before everything else. */
static bool is_at_head(const struct indexer *indexer) {
    struct block_ref head;
    return chain_known_block(indexer->chain, &head, BLOCK_LATEST) && head.number <= indexer->tip.number + 1;
}

static void rest_until(struct indexer *indexer, uint64_t until_ms) {
    uint64_t now_ms = reactor_now_ms(indexer->reactor);
    if (now_ms < until_ms) job_rest(&indexer->job, until_ms - now_ms);
}

/* What must not keep new blocks waiting. Out: more, whether it is worth going on at once. */
static enum err do_beside(struct indexer *indexer, bool *more) {
    *more = false;
    enum err err = contracts_apply(indexer);
    if (err == ERR_OK) err = watch_reads_refresh(indexer);
    if (err != ERR_OK || (indexer->has_tip && !is_at_head(indexer))) return err;
    if (indexer->has_tip) err = upkeep_step(indexer);
    return err != ERR_OK ? err : redecode_step(indexer, more);
}

static enum err run_round(struct indexer *indexer, struct group *group) {
    bool moved = false, more;
    uint64_t until_ms = reactor_now_ms(indexer->reactor) + poll_ms(indexer);
    enum err err = indexer->has_tip ? follow_step(indexer, &moved) : ERR_OK;
    if (err != ERR_OK || indexer->halted[0] != '\0') return err;
    err = do_beside(indexer, &more);
    if (err == ERR_OK && indexer_is_lagging(indexer)) return read_history(indexer, group, until_ms);
    if (err == ERR_OK && !moved && !more) rest_until(indexer, until_ms);
    return err;
}

/* In: moves, whether what was done moves the index: a database whose disk is full can be read and prepared, and yet not
 * be written to. */
static void settle(struct indexer *indexer, enum err err, bool moves) {
    if (indexer->job.ending) return;
    if (err == ERR_OK) {
        if (moves) trouble_over(&indexer->trouble, indexer_name(indexer));
        enter_phase(indexer);
    } else {
        job_rest(&indexer->job, trouble_met(&indexer->trouble, indexer_name(indexer), &indexer->job.task, err));
    }
}

void rounds_run(struct indexer *indexer) {
    struct group group;
    bool prepared = false;
    while (!indexer->job.ending && !indexer->lost) {
        enum err err;
        bool moves = prepared || indexer->halted[0] != '\0';
        if (indexer->halted[0] != '\0') {
            err = look_back(indexer);
        } else if (!prepared) {
            err = prepare(indexer);
            prepared = err == ERR_OK;
        } else {
            err = run_round(indexer, &group);
        }
        if (indexer->halted[0] != '\0') {
            backfill_stop(indexer->backfill);
            prepared = false;
        }
        settle(indexer, err, moves);
    }
    backfill_stop(indexer->backfill);
}
