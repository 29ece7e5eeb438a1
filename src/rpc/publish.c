/* The one way into the chain's head, for the answer of one node and the votes of many: what follows from a new block
 * follows here. Owns nothing.
 * Any thread. */
#include "publish.h"

#include "chain_state.h"
#include "core/log.h"
#include "core/metrics.h"
#include "kept_block.h"

static void announce_head(const struct chain *chain, const struct block_ref *block) {
    metrics_set(METRIC_HEAD_BLOCK, chain->label, 0, (int64_t)block->number);
    log_write(LOG_HEAD, LOG_DEBUG, "head", LOG_STR("chain", chain->name), LOG_U64("number", block->number));
}

/* A lower one is a node's that lags; another block of the same chain of finality is a broken promise. */
static void check_finality(struct chain *chain, const struct block_ref *block) {
    struct block_ref kept;
    if (!kept_block_by_number(chain, &kept, block->number) || hash32_equal(&kept.hash, &block->hash)) return;
    char before[HASH32_TEXT_BYTES], now[HASH32_TEXT_BYTES];
    log_write(LOG_HEAD, LOG_ERROR, "a node's finalized block contradicts the one known before",
              LOG_STR("chain", chain->name), LOG_U64("number", block->number),
              LOG_STR("known", hash32_format(before, &kept.hash)), LOG_STR("now", hash32_format(now, &block->hash)));
}

static void publish_finalized(struct chain *chain, const struct block_ref *block, uint64_t asked_us) {
    struct block_ref finalized = *block;
    struct head_reading now;
    finalized.finalized = true;
    check_finality(chain, block);
    if (!head_take(chain->head, HEAD_FINALIZED, &finalized, asked_us)) return;
    if (head_read(chain->head, &now, HEAD_FINALIZED)) kept_block_keep(chain, &now.block);
}

void publish_block(struct chain *chain, enum head_tag tag, const struct block_ref *block, uint64_t asked_us) {
    if (tag == HEAD_FINALIZED) {
        publish_finalized(chain, block, asked_us);
        return;
    }
    struct head_reading before;
    bool changed = !head_read(chain->head, &before, tag) || !hash32_equal(&before.block.hash, &block->hash);
    if (head_take(chain->head, tag, block, asked_us) && changed && tag == HEAD_LATEST) announce_head(chain, block);
}
