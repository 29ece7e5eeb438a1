/* Each in its own rhythm: at once while there are tokens that it has never been done for, else now and then. Owned by
 * the indexer.
 * On the indexer's coroutine. */
#include "upkeep.h"

#include "describe.h"
#include "drift.h"
#include "indexer_state.h"

enum { DESCRIBE_EVERY_MS = 2000, CHECK_EVERY_MS = 10 * 1000 };

/* In: more, whether there is more to be done at once. */
static uint64_t next_ms(const struct indexer *indexer, bool more, uint64_t every_ms) {
    return reactor_now_ms(indexer->reactor) + (more ? 0 : every_ms);
}

static enum err describe(struct indexer *indexer) {
    bool more;
    struct task *task = job_begin(&indexer->job, NODE_LIMIT_MS);
    enum err err = describe_tokens(task, indexer->chain, indexer->writer, &indexer->tip, &more);
    if (err == ERR_OK) indexer->upkeep.describe_ms = next_ms(indexer, more, DESCRIBE_EVERY_MS);
    return indexer_wrote(indexer, err);
}

static enum err check(struct indexer *indexer) {
    bool more;
    struct task *task = job_begin(&indexer->job, NODE_LIMIT_MS);
    enum err err = drift_check(task, indexer->chain, indexer->writer, indexer->options.label, &more);
    if (err == ERR_OK) indexer->upkeep.check_ms = next_ms(indexer, more, CHECK_EVERY_MS);
    return indexer_wrote(indexer, err);
}

enum err upkeep_step(struct indexer *indexer) {
    uint64_t now_ms = reactor_now_ms(indexer->reactor);
    if (now_ms >= indexer->upkeep.describe_ms) return describe(indexer);
    if (now_ms >= indexer->upkeep.check_ms) return check(indexer);
    return ERR_OK;
}
