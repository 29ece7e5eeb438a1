/* All that is ever written about one chain's index: each call is one transaction on the one session that also holds the
 * chain's advisory lock, so whoever loses the lock loses the write with it. On the indexer's coroutine.
 *
 * What a call writes and the progress it records are in the same transaction; a call that fails has written nothing,
 * and one that may have (the connection broke in COMMIT) is told apart by loading the progress again. Errors: those of
 * repos/pg.h; ERR_INTERNAL also when what is in the database is not what the caller believed (somebody else wrote). */
#ifndef DAPPD_REPOS_INDEX_WRITER_H
#define DAPPD_REPOS_INDEX_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "core/uuid.h"
#include "eth/block.h"
#include "eth/event_log.h"
#include "eth/transfer_log.h"
#include "repos/pg_session.h"

/* What of its contract a stream is about. The numbers are those of streams.kind in the database. */
enum stream_kind {
    STREAM_TRANSFERS,
    STREAM_EVENTS, /* every log */
    STREAM_KIND_COUNT
};

struct index_stream {
    enum stream_kind kind;
    bool every; /* transfers of every token; else */
    address token;
    uint64_t start_block;
    uint64_t next_block;
    bool live;
    int64_t decoded;     /* of events: the version by which all that is written was read; 0: not known */
    bool has_from_block; /* of events: start_block was settled for a contract that is to begin */
    uint64_t from_block; /* here; else where it was created */
};

/* They are about the same. */
bool index_stream_same(const struct index_stream *a, const struct index_stream *b);

/* What the database says of the chain. Lives in the task's arena. */
struct index_progress {
    bool every;                   /* the scope that was begun with; false: named tokens */
    struct index_stream *streams; /* ordered by next_block */
    size_t n_streams;
    bool has_tip;
    struct block_ref tip;
    bool has_finalized;
    uint64_t finalized_number;
    hash32 finalized_hash;
    const char *halted; /* NULL: it is not */
};

/* What the ABI of a log's contract makes of it. Borrowed from the reader until it reads the next one. */
struct event_reading {
    const char *name; /* NULL: the ABI does not know it */
    const char *args; /* JSON, not NUL-terminated; NULL: not known, or too long to be kept */
    size_t args_len;
    int64_t version; /* of the ABI; 0: there was none */
};

/* Asked for each event as it is written, so that no more than one's arguments are ever in memory. */
struct event_reader {
    void (*read)(void *arg, struct event_reading *out, const struct event_log *log);
    void *arg;
};

/* What a watched call answered at a block. */
struct index_state {
    uuid watch;
    const struct block_ref *block; /* one of the batch's */
    bool reverted;                 /* with the data */
    const uint8_t *data;
    size_t data_len;
};

/* Blocks with what was found in them, in order of block and log index. Borrowed. */
struct index_batch {
    const struct transfer_log *transfers;
    size_t n_transfers;
    const struct odd_log *odd;
    size_t n_odd;
    const struct event_log *events;
    size_t n_events;
    const struct event_reader *reader; /* of the events */
    const struct index_state *states;  /* of a follow, those of a block together; a watch once in each. What was deleted
                                          meanwhile is left out */
    size_t n_states;
    const struct block_ref *blocks; /* of a follow: every one; of a backfill: unused, the logs have them */
    size_t n_blocks;
};

struct index_writer;

struct index_writer_options {
    uint64_t chain_id;
    bool every;                /* the scope that is wanted */
    bool any_scope;            /* none is: no token is */
    uint64_t partition_blocks; /* for a chain that is not in the database yet */
};

/* Takes the chain's advisory lock and, for a new chain, makes its row and partition. Out: *out, which has taken over
 * the session; NULL with ERR_OK when another instance holds the lock. ERR_INVALID_PARAMETER when the chain's
 * transfers were begun with the other scope. Without a writer the session is the caller's as before, who closes it
 * after an error. */
enum err index_writer_open(struct task *task, struct index_writer **out, struct pg_session *session,
                           const struct index_writer_options *options) MUST_CHECK;

/* Closes the session too, and with it gives the lock back. */
void index_writer_close(struct index_writer *writer);

enum err index_writer_load(struct task *task, struct index_writer *writer, struct index_progress *out) MUST_CHECK;

/* New streams, not live, with next_block = start_block; those that are there already are left as they are. */
enum err index_writer_add(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                          size_t n) MUST_CHECK;

/* Streams of one kind that are no longer wanted stop being served and read: their tokens are not live, and load does
 * not tell of them. What there is stays, rollbacks included, and goes on once they are added again. */
enum err index_writer_retire(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                             size_t n) MUST_CHECK;

/* Contracts whose events were to begin elsewhere: in, from_block as it is now, and the start_block that follows from
 * it. One that lies before what has been read has the stream read anew from there: it is not live until it has come to
 * the tip again. */
enum err index_writer_begin_at(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                               size_t n) MUST_CHECK;

/* A piece of backfill of these streams, all of one kind and with next_block = from: they then stand behind `last`.
 * Balances are left for index_writer_go_live. In: last, the piece's last block, which is final. Before there is a tip
 * it is written down as that, so that the piece is never gone on with from another history. */
enum err index_writer_append(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                             size_t n, uint64_t from, const struct block_ref *last,
                             const struct index_batch *batch) MUST_CHECK;

/* For streams of transfers: gives ranges of transfers that a backfill has filled their indexes, one statement at a
 * time; done says when there is nothing left. Each may take minutes. */
enum err index_writer_build_index(struct task *task, struct index_writer *writer, bool *done) MUST_CHECK;

/* These streams of one kind have been read to just before `rest`: adds what is left up to the tip (for the first:
 * nothing; tip is the last block of the backfill), derives their balances, sets the tip, marks them live. While others
 * are live the tip has to be the one that there is. In: each stream with next_block as it stands; tip->finalized, true
 * for a block that no rollback will have to pass. */
enum err index_writer_go_live(struct task *task, struct index_writer *writer, const struct index_stream *streams,
                              size_t n, const struct block_ref *tip, const struct index_batch *rest) MUST_CHECK;

/* New blocks behind the tip (the first one's parent is the tip, asserted) for all live streams, with the change of
 * balances. In: finalized, the highest block known to be final, or NULL; rows of empty blocks below it are dropped. */
enum err index_writer_follow(struct task *task, struct index_writer *writer, const struct index_batch *batch,
                             const struct block_ref *finalized) MUST_CHECK;

/* The same for a range of final blocks, of which the batch lists none. In: first, whose parent is the tip; last, which
 * becomes the tip and the highest final one. */
enum err index_writer_catch_up(struct task *task, struct index_writer *writer, const struct index_batch *batch,
                               const struct block_ref *first, const struct block_ref *last) MUST_CHECK;

/* Takes back everything above this block, which becomes the tip: transfers, odd logs, events, blocks, balances, what
 * watched calls answered, progress of streams, and tokens that nobody named and that have no transfer before it.
 * ERR_INVALID_PARAMETER, and nothing is touched, when it is below the finalized block. */
enum err index_writer_rollback(struct task *task, struct index_writer *writer,
                               const struct block_ref *ancestor) MUST_CHECK;

/* Events of a contract that were read by another version than this one, or not at all: a piece of them in order, of
 * those behind `after` (NULL: from the first). In: max_data, longer data is left out. Out: at most INDEX_STALE_MAX, of
 * which each has place, topics and data; looked_at, up to where there are no others; done, there is nothing behind
 * it. */
enum { INDEX_STALE_MAX = 200 };
struct index_place {
    uint64_t block_number;
    uint32_t log_index;
};
struct index_stale {
    struct event_log *events;
    size_t n;
    struct index_place looked_at;
    bool done;
};
enum err index_writer_stale(struct task *task, struct index_writer *writer, struct index_stale *out,
                            const address *contract, int64_t version, const struct index_place *after,
                            size_t max_data) MUST_CHECK;

/* They are read anew: writes name, arguments and version of each. In: decoded, all others have been too, so that
 * the contract's stream is of this version now; 0: they have not. */
enum err index_writer_decoded(struct task *task, struct index_writer *writer, const address *contract,
                              const struct event_log *events, size_t n, const struct event_reader *reader,
                              int64_t decoded) MUST_CHECK;

/* The block of this number as the index has it; ERR_BLOCK_NOT_FOUND when it keeps none. */
enum err index_writer_block(struct task *task, struct index_writer *writer, struct block_ref *out,
                            uint64_t number) MUST_CHECK;

/* Writes down why the chain has halted, for all instances to see; NULL: it goes on. */
enum err index_writer_halt(struct task *task, struct index_writer *writer, const char *reason) MUST_CHECK;

/* Tokens whose metadata was never read, or longer ago than max_age_s. Out: at most cap. */
struct index_token {
    int32_t id;
    address address;
    bool wraps;
};
enum err index_writer_undescribed(struct task *task, struct index_writer *writer, struct index_token *out, size_t *n,
                                  size_t cap, uint64_t max_age_s) MUST_CHECK;

struct erc20_metadata;
enum err index_writer_describe(struct task *task, struct index_writer *writer, int32_t token_id,
                               const struct erc20_metadata *metadata) MUST_CHECK;

/* Contracts whose Deposit and Withdrawal count: what was decided of one, if anything (known). Sets what a contract is,
 * once for all, before the first of its logs is written. */
enum err index_writer_get_wraps(struct task *task, struct index_writer *writer, const address *token, bool *known,
                                bool *wraps) MUST_CHECK;
enum err index_writer_set_wraps(struct task *task, struct index_writer *writer, const address *token,
                                bool wraps) MUST_CHECK;

/* Samples for the drift check: live tokens not checked for longest, with some of their holders (the largest, the one
 * furthest below zero, the one that was wrong when it was last checked, and random ones) and their balances at the tip,
 * which comes with them. Those of a token stand together. In: per_token, 4 or more. Out: at most max_tokens *
 * per_token; none without a tip. */
struct index_sample {
    int32_t token_id;
    address token;
    address holder;
    u256 amount;
    bool negative;
    bool has_holder; /* false: nobody holds or ever moved any; the only sample of its token */
    bool too_wide;   /* the amount has more than 256 bits, and is left out */
    bool odd_logs;   /* the token has logs that were set aside */
    bool is_checked; /* its token was checked before */
    bool drifts;     /* and is marked as drifting */
};
enum err index_writer_samples(struct task *task, struct index_writer *writer, struct block_ref *tip,
                              struct index_sample *out, size_t *n, size_t max_tokens, size_t per_token) MUST_CHECK;

/* What the check came to. Sums that no balance can be are marked without it, as they come about. In: drift, NULL,
 * "balance_mismatch", "negative_balance" or "odd_logs"; holder, in whose balance it was found, or NULL; block, at which
 * it was checked. */
enum err index_writer_checked(struct task *task, struct index_writer *writer, int32_t token_id, const char *drift,
                              const address *holder, uint64_t block) MUST_CHECK;

/* How many live tokens drift. */
enum err index_writer_drifted(struct task *task, struct index_writer *writer, uint64_t *n) MUST_CHECK;

#endif
