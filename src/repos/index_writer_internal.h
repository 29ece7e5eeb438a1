/* What the parts of the index writer share. A writer belongs to the indexer's coroutine. */
#ifndef DAPPD_REPOS_INDEX_WRITER_INTERNAL_H
#define DAPPD_REPOS_INDEX_WRITER_INTERNAL_H

#include "core/buf.h"
#include "index_writer_sql.h"
#include "repos/index_writer.h"
#include "token_ids.h"

enum {
    INDEX_LEAVES_KNOWN = 16,
    INDEX_COPY_MAX_BYTES = 64 * 1024 * 1024 /* an event may have as much data as a reply can hold */
};

struct index_writer {
    struct pg_session *session;
    uint64_t chain_id;
    bool every; /* the scope of transfers */
    bool any_scope;
    uint64_t partition_blocks;
    struct arena *scratch; /* of one transaction */
    struct buf copy;
    /* What the database is known to have; forgotten when a transaction may have come to nothing. */
    struct token_ids *tokens;
    uint64_t leaves[INDEX_LEAVES_KNOWN]; /* by their number + 1, the latest anywhere; 0: none */
    size_t next_leaf;
};

/* Runs body between BEGIN and COMMIT, on a task whose memory is the writer's; rolls back when anything fails. */
typedef enum err (*index_body)(struct task *task, struct index_writer *writer, void *arg);
enum err index_transaction(struct task *task, struct index_writer *writer, index_body body, void *arg) MUST_CHECK;

/* The first parameter of nearly every statement. */
void index_params_begin(struct pg_params *params, const struct index_writer *writer);

enum err index_query(struct task *task, struct index_writer *writer, struct pg_rows *rows, enum index_sql statement,
                     const struct pg_params *params) MUST_CHECK;
/* A statement that answers nothing. */
enum err index_run(struct task *task, struct index_writer *writer, enum index_sql statement,
                   const struct pg_params *params) MUST_CHECK;
/* A statement that answers one boolean. */
enum err index_ask(struct task *task, struct index_writer *writer, bool *answer, enum index_sql statement,
                   const struct pg_params *params) MUST_CHECK;
/* A statement that may only do its work when the index is where the caller believes: ERR_INTERNAL, and why in the log,
 * when it says that it is not. */
enum err index_fence(struct task *task, struct index_writer *writer, const char *why, enum index_sql statement,
                     const struct pg_params *params) MUST_CHECK;
enum err index_out_of_memory(struct task *task) MUST_CHECK;

/* bytea[] of the streams' names: an address, or nothing for every token. In: streams of one kind. */
enum err index_param_streams(struct task *task, struct pg_params *params, const struct index_stream *streams,
                             size_t n) MUST_CHECK;

/* Number, hash and timestamp. */
void index_param_tip(struct pg_params *params, const struct block_ref *tip);

/* Within a transaction: adds what live tokens' transfers of these blocks change to the balances, or takes it back, and
 * marks tokens whose sums can no longer be balances. In: sign, 1 or -1. */
enum err index_shift_balances(struct task *task, struct index_writer *writer, uint64_t above, uint64_t to,
                              int sign) MUST_CHECK;

/* Within a transaction: makes the leaf that this block belongs to, unless it is there. */
enum err index_leaf_ensure(struct task *task, struct index_writer *writer, uint64_t block) MUST_CHECK;

/* Within a transaction: afterwards token_ids_get knows the token of each transfer. */
enum err index_tokens_ensure(struct task *task, struct index_writer *writer, const struct transfer_log *transfers,
                             size_t n) MUST_CHECK;

/* Within a transaction: writes all of a batch but balances and progress. In: extra, one more block behind those of the
 * batch to be kept, or NULL. */
enum err index_batch_put(struct task *task, struct index_writer *writer, const struct index_batch *batch,
                         const struct block_ref *extra) MUST_CHECK;
enum err index_events_copy(struct task *task, struct index_writer *writer, const struct index_batch *batch) MUST_CHECK;
enum err index_states_put(struct task *task, struct index_writer *writer, const struct index_batch *batch) MUST_CHECK;
enum err index_blocks_put(struct task *task, struct index_writer *writer, const struct index_batch *batch,
                          const struct block_ref *extra) MUST_CHECK;

#endif
