/* The table of contracts is the one list of what is wanted: what is registered at run time comes to be read within a
 * second or two. Owns the list; the streams are the indexer's.
 * On the indexer's thread: in a coroutine that reads, and in the indexer's, which applies. */
#include "contracts.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "backfill.h"
#include "core/log.h"
#include "final.h"
#include "indexer_state.h"
#include "repos/contract_repo.h"
#include "repos/pg.h"
#include "rpc/logs.h"

enum { EVERY_MS = 1000, LIMIT_MS = 60 * 1000, ARENA_BYTES = 64 * 1024 * 1024 };

static_assert(offsetof(struct wanted_contract, contract) == 0, "address_compare needs it first");

const struct wanted_contract *contracts_find(const struct contracts *contracts, const address *contract) {
    if (contracts->n == 0) return NULL;
    return bsearch(contract, contracts->wanted, contracts->n, sizeof *contracts->wanted, address_compare);
}

/* --- the coroutine that reads --- */

static const struct index_stream *find_stream(const struct indexer *indexer, const address *contract) {
    const struct index_stream wanted = {.kind = STREAM_EVENTS, .token = *contract};
    for (size_t i = 0; i < indexer->n_streams; i++) {
        if (index_stream_same(&indexer->streams[i], &wanted)) return &indexer->streams[i];
    }
    return NULL;
}

static enum err find_creation(struct contracts *contracts, struct task *task, struct wanted_contract *wanted) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct chain *chain = contracts->indexer->chain;
    struct block_ref head;
    enum err err = chain_resolve(task, chain, &head, &latest);
    if (err == ERR_OK) err = logs_find_creation(task, chain, &wanted->start, &wanted->contract, &head);
    if (err == ERR_NOT_A_TOKEN) { /* it is no more: nobody can tell where it began */
        wanted->start = 0;
        err = ERR_OK;
    }
    wanted->has_start = err == ERR_OK;
    return err;
}

/* What is a stream already has begun where it did, unless it was told to begin elsewhere. A contract whose beginning
 * nobody can tell now keeps no other waiting: it is asked for again next time. */
static enum err find_start(struct contracts *contracts, struct task *task, struct wanted_contract *wanted,
                           const struct contract_row *row) {
    const struct wanted_contract *before = contracts_find(contracts, &row->address);
    wanted->has_start = true;
    wanted->start = row->from_block;
    if (row->has_from_block) return ERR_OK;
    const struct index_stream *stream = find_stream(contracts->indexer, &row->address);
    if (stream != NULL && !stream->has_from_block) {
        wanted->start = stream->start_block;
    } else if (before != NULL && before->has_start && !before->has_from_block) {
        wanted->start = before->start;
    } else {
        return find_creation(contracts, task, wanted);
    }
    return ERR_OK;
}

static bool differs(const struct contracts *contracts, const struct wanted_contract *wanted, size_t n) {
    if (!contracts->known || n != contracts->n) return true;
    for (size_t i = 0; i < n; i++) {
        const struct wanted_contract *a = &wanted[i], *b = &contracts->wanted[i];
        if (!address_equal(&a->contract, &b->contract) || a->version != b->version || a->has_start != b->has_start)
            return true;
    }
    return false;
}

static void publish(struct contracts *contracts, struct wanted_contract *wanted, size_t n) {
    contracts->changed = differs(contracts, wanted, n) || contracts->changed;
    free(contracts->wanted);
    contracts->wanted = wanted;
    contracts->n = n;
    contracts->known = true;
    if (contracts->changed) job_wake(&contracts->indexer->job);
}

static enum err look(struct contracts *contracts) {
    struct task *task = job_begin(&contracts->job, LIMIT_MS);
    const unsigned tenure = contracts->tenure;
    struct contract_row *rows;
    size_t n;
    enum err err = contract_repo_indexed(task, NULL, &rows, &n, chain_id(contracts->indexer->chain));
    if (err != ERR_OK) return err;
    struct wanted_contract *wanted = calloc(n + 1, sizeof *wanted);
    if (wanted == NULL) abort();
    for (size_t i = 0; i < n && tenure == contracts->tenure; i++) {
        wanted[i] = (struct wanted_contract){.contract = rows[i].address,
                                             .version = contract_abi_version(rows[i].id, rows[i].version),
                                             .has_from_block = rows[i].has_from_block,
                                             .from_block = rows[i].from_block};
        enum err failed = find_start(contracts, task, &wanted[i], &rows[i]);
        if (err == ERR_OK) err = failed;
    }
    if (tenure == contracts->tenure) {
        publish(contracts, wanted, n);
    } else {
        free(wanted);
    }
    return err;
}

static void run(void *arg) {
    struct contracts *contracts = arg;
    const char *name = indexer_name(contracts->indexer);
    while (!contracts->job.ending) {
        enum err err = contracts->indexer->writer != NULL ? look(contracts) : ERR_OK;
        if (contracts->job.ending) break;
        if (err == ERR_OK) {
            trouble_over(&contracts->trouble, name);
        } else {
            (void)trouble_met(&contracts->trouble, name, &contracts->job.task, err);
        }
        job_rest(&contracts->job, EVERY_MS);
    }
}

void contracts_start(struct contracts *contracts, struct indexer *indexer) {
    *contracts = (struct contracts){.indexer = indexer};
    job_init(&contracts->job, indexer->reactor, "index_contracts", ARENA_BYTES);
    job_start(&contracts->job, run, contracts);
}

void contracts_free(struct contracts *contracts) {
    free(contracts->wanted);
    job_free(&contracts->job);
}

/* --- the indexer's coroutine --- */

void contracts_reset(struct contracts *contracts) {
    contracts->tenure++;
    contracts->known = contracts->changed = false;
    job_wake(&contracts->job);
}

/* Streams to be changed; the task's arena. */
struct changes {
    struct index_stream *added;
    size_t n_added;
    struct index_stream *moved; /* they are to begin elsewhere */
    size_t n_moved;
    struct index_stream *retired;
    size_t n_retired;
};

static struct index_stream stream_of(const struct wanted_contract *wanted) {
    return (struct index_stream){.kind = STREAM_EVENTS,
                                 .token = wanted->contract,
                                 .start_block = wanted->start,
                                 .has_from_block = wanted->has_from_block,
                                 .from_block = wanted->from_block};
}

static bool begins_as(const struct index_stream *stream, const struct wanted_contract *wanted) {
    return stream->has_from_block == wanted->has_from_block && stream->from_block == wanted->from_block;
}

static enum err list_changes(struct indexer *indexer, struct changes *changes) {
    const struct contracts *contracts = &indexer->contracts;
    struct task *task = &indexer->job.task;
    *changes = (struct changes){
        .added = arena_alloc(task->arena, (contracts->n + 1) * sizeof *changes->added),
        .moved = arena_alloc(task->arena, (contracts->n + 1) * sizeof *changes->moved),
        .retired = arena_alloc(task->arena, (indexer->n_streams + 1) * sizeof *changes->retired),
    };
    if (changes->added == NULL || changes->moved == NULL || changes->retired == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < contracts->n; i++) {
        const struct wanted_contract *wanted = &contracts->wanted[i];
        const struct index_stream *stream = find_stream(indexer, &wanted->contract);
        if (!wanted->has_start) continue;
        if (stream == NULL) {
            changes->added[changes->n_added++] = stream_of(wanted);
        } else if (!begins_as(stream, wanted)) {
            changes->moved[changes->n_moved++] = stream_of(wanted);
        }
    }
    for (size_t i = 0; i < indexer->n_streams; i++) {
        const struct index_stream *stream = &indexer->streams[i];
        if (stream->kind != STREAM_EVENTS || contracts_find(contracts, &stream->token) != NULL) continue;
        changes->retired[changes->n_retired++] = *stream;
    }
    return ERR_OK;
}

/* Blocks that are not final yet are followed, not read by ranges. */
static enum err begin_at_most_behind_final(struct indexer *indexer, struct index_stream *streams, size_t n) {
    uint64_t last;
    enum err err = final_find(indexer, &last);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        if (streams[i].start_block > last + 1) streams[i].start_block = last + 1;
        streams[i].next_block = streams[i].start_block;
    }
    return err;
}

/* A backfill under way reads for streams that may be gone afterwards: it begins anew. What is added may have been there
 * before, and have begun elsewhere: that is looked at next time. */
static enum err write_changes(struct indexer *indexer, struct changes *changes) {
    struct task *task = &indexer->job.task;
    enum err err = ERR_OK;
    if (changes->n_added > 0) err = begin_at_most_behind_final(indexer, changes->added, changes->n_added);
    if (err == ERR_OK && changes->n_moved > 0) {
        err = begin_at_most_behind_final(indexer, changes->moved, changes->n_moved);
    }
    if (err != ERR_OK) return err;
    backfill_stop(indexer->backfill);
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    if (changes->n_retired > 0) {
        err = index_writer_retire(task, indexer->writer, changes->retired, changes->n_retired);
    }
    if (err == ERR_OK && changes->n_added > 0) {
        err = index_writer_add(task, indexer->writer, changes->added, changes->n_added);
    }
    if (err == ERR_OK) err = index_writer_begin_at(task, indexer->writer, changes->moved, changes->n_moved);
    err = indexer_wrote(indexer, err);
    if (err != ERR_OK) return err;
    log_write(LOG_INDEX, LOG_INFO, "contracts whose events are indexed have changed",
              LOG_STR("chain", indexer_name(indexer)), LOG_U64("new", changes->n_added),
              LOG_U64("moved", changes->n_moved), LOG_U64("gone", changes->n_retired));
    if (changes->n_added > 0) indexer->contracts.changed = true;
    return indexer_load(indexer);
}

static void forget_old_versions(struct indexer *indexer) {
    for (size_t i = 0; i < indexer->contracts.n; i++) {
        const struct wanted_contract *wanted = &indexer->contracts.wanted[i];
        if (decoder_version(&indexer->decoder, &wanted->contract) == wanted->version) continue;
        decoder_forget(&indexer->decoder, &wanted->contract);
    }
}

/* What changes while this waits is applied next time. */
enum err contracts_apply(struct indexer *indexer) {
    struct changes changes;
    if (!indexer->contracts.known || !indexer->contracts.changed) return ERR_OK;
    indexer->contracts.changed = false;
    (void)job_begin(&indexer->job, NODE_LIMIT_MS);
    forget_old_versions(indexer);
    enum err err = list_changes(indexer, &changes);
    if (err == ERR_OK && changes.n_added + changes.n_moved + changes.n_retired > 0)
        err = write_changes(indexer, &changes);
    if (err != ERR_OK) indexer->contracts.changed = true;
    return err;
}
