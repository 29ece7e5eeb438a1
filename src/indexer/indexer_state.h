/* Inside of struct indexer, for the files of this folder. Everything here is the indexer's coroutine's, on its thread;
 * workers touch the backfill alone. */
#ifndef DAPPD_INDEXER_INDEXER_STATE_H
#define DAPPD_INDEXER_INDEXER_STATE_H

#include "indexer/indexer.h"

#include "contracts.h"
#include "decoder.h"
#include "indexer/job.h"
#include "phase.h"
#include "plan.h"
#include "progress.h"
#include "redecode.h"
#include "repos/index_writer.h"
#include "rows.h"
#include "trouble.h"
#include "upkeep.h"
#include "watch_reads.h"
#include "wraps.h"

struct backfill;

/* How long a piece of work may take before it counts as failed. */
enum {
    NODE_LIMIT_MS = 60 * 1000,
    WRITE_LIMIT_MS = 5 * 60 * 1000,
    BUILD_LIMIT_MS = 24 * 60 * 60 * 1000 /* indexes and balances of a whole chain */
};

struct indexer {
    struct reactor *reactor;
    struct indexer_options options;
    struct chain *chain;
    struct job job; /* its own */
    struct phase phase;
    struct trouble trouble;
    struct progress progress;
    struct wraps wraps;
    struct upkeep upkeep;
    struct plan catch_up; /* of live streams that are far behind */
    struct rows rows;     /* what is written next */
    struct decoder decoder;
    struct contracts contracts;
    struct redecode redecode;
    struct watch_reads watch_reads;
    struct backfill *backfill;
    struct pg_session *session;  /* the writer's, once there is one */
    struct index_writer *writer; /* NULL: not the one who writes */
    bool lost;                   /* a write failed: what the database has is to be loaded anew */

    /* What the database has, as of the last commit. */
    struct index_stream *streams;
    size_t n_streams;
    bool has_tip;
    struct block_ref tip;
    bool has_finalized;
    struct block_ref finalized;      /* number and hash */
    char halted[INDEX_HALTED_BYTES]; /* "": it is not */

    uint64_t target; /* of the backfill */
};

const char *indexer_name(const struct indexer *indexer);

/* Puts the state where /status and the metrics find it. */
void indexer_report(struct indexer *indexer);

/* What a write came to: after a failure the session is not used again. */
enum err indexer_wrote(struct indexer *indexer, enum err err) MUST_CHECK;

/* Stops for good, and says so: nothing is deleted, what is there goes on being served. In: reason, for operators. */
enum err indexer_halt(struct indexer *indexer, const char *reason) MUST_CHECK;

/* The reason is gone. */
enum err indexer_resume(struct indexer *indexer) MUST_CHECK;

/* Some token is configured to be indexed. */
bool indexer_wants_tokens(const struct indexer *indexer);

/* Makes the rows ready to be written: sorts out what moves no balances, and learns what is needed to decode events. */
enum err indexer_read_rows(struct indexer *indexer) MUST_CHECK;

/* True while a stream has history to read. */
bool indexer_is_lagging(const struct indexer *indexer);

/* The streams of the list stand at next_block now. */
void indexer_advance(struct indexer *indexer, const struct index_stream *streams, size_t n, uint64_t next_block);

/* Live streams stand behind the tip. */
void indexer_advance_live(struct indexer *indexer);

/* Counts what was written, and reports it. In: blocks of a backfill. */
void indexer_count(struct indexer *indexer, const struct index_batch *batch, uint64_t blocks);

/* Reads what the database has, over again. */
enum err indexer_load(struct indexer *indexer) MUST_CHECK;

/* The one block of this number that the nodes have now, not out of any memory: what is asked may be whether it is still
 * the same. ERR_BLOCK_NOT_FOUND when they have not come so far. */
enum err indexer_canonical_block(struct indexer *indexer, struct block_ref *out, uint64_t number) MUST_CHECK;

#endif
