/* Describing and checking tokens, a few at a time: soon again while there are some that never were, else at rest.
 * The indexer owns what it keeps of this.
 * On the indexer's coroutine. */
#include "chores.h"

#include "describe.h"
#include "drift.h"
#include "indexer_state.h"

enum {
    SOON_MS = 250,
    DESCRIBE_MS = 5 * 1000, /* a token may have been seen for the first time */
    CHECK_MS = 30 * 1000
};

static enum err describe(struct indexer *indexer, uint64_t now_ms) {
    bool more;
    struct task *task = job_begin(&indexer->job, WRITE_LIMIT_MS);
    enum err err = describe_tokens(task, indexer->chain, indexer->writer, &indexer->tip, &more);
    if (err == ERR_OK) indexer->chores.describe_ms = now_ms + (more ? SOON_MS : DESCRIBE_MS);
    return indexer_wrote(indexer, err);
}

static enum err check(struct indexer *indexer, uint64_t now_ms) {
    bool more;
    struct task *task = job_begin(&indexer->job, WRITE_LIMIT_MS);
    enum err err = drift_check(task, indexer->chain, indexer->writer, indexer->options.label, &more);
    if (err == ERR_OK) indexer->chores.check_ms = now_ms + (more ? SOON_MS : CHECK_MS);
    return indexer_wrote(indexer, err);
}

enum err chores_step(struct indexer *indexer) {
    uint64_t now_ms = reactor_now_ms(indexer->reactor);
    enum err err = ERR_OK;
    if (now_ms >= indexer->chores.describe_ms) err = describe(indexer, now_ms);
    if (err == ERR_OK && now_ms >= indexer->chores.check_ms) err = check(indexer, now_ms);
    return err;
}
