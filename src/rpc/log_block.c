/* Logs of one fresh block. Its header's bloom says what it cannot have, which saves most questions and unmasks answers
 * that are empty though they should not be. The lists are the caller's.
 * On the task's thread, in a coroutine. */
#include <string.h>

#include "chain_state.h"
#include "log_ask.h"
#include "log_list.h"
#include "log_parts.h"

enum { PAUSE_MS = 250 };

/* A bloom of nothing proves nothing where transactions are: not all chains fill it. */
static bool rules_out(const struct log_filter *filter, const struct header *header) {
    static const uint8_t blank[BLOOM_BYTES];
    if (memcmp(header->bloom, blank, BLOOM_BYTES) == 0) return !header->has_transactions;
    return !log_filter_bloom(filter, header->bloom);
}

/* An empty answer against the bloom may be right, for blooms say yes too often. It is believed when two nodes give it,
 * or the only node twice. In: first, who gave it. */
static enum err confirm_empty(struct task *task, struct chain *chain, struct log_question *question) {
    question->except = chain->n_upstreams > 1 ? question->answered : NULL;
    if (question->except == NULL) reactor_sleep_ms(task->reactor, PAUSE_MS);
    log_ask(task, chain, question);
    if (question->err == ERR_OK || question->except == NULL) return question->err;
    question->except = NULL; /* nobody else can tell */
    reactor_sleep_ms(task->reactor, PAUSE_MS);
    log_ask(task, chain, question);
    return question->err;
}

static enum err read_block(struct task *task, struct chain *chain, struct logs *out, const struct log_filter *filter,
                           const struct header *header) {
    static const uint8_t blank[BLOOM_BYTES];
    struct log_question question = {.filter = filter, .out = out, .block = header};
    if (rules_out(filter, header)) return ERR_OK;
    log_ask(task, chain, &question);
    if (question.outcome == RPC_TOO_LARGE) return log_parts_read(task, chain, out, filter, header);
    if (question.err != ERR_OK || question.n_seen > 0) return question.err;
    if (memcmp(header->bloom, blank, BLOOM_BYTES) == 0) return ERR_OK;
    return confirm_empty(task, chain, &question);
}

enum err logs_read_block(struct task *task, struct chain *chain, struct logs *out, const struct logs_filter *filter,
                         const struct header *header) {
    struct log_filter asked;
    log_filter_init(&asked, filter);
    asked.from = asked.to = header->block.number;
    asked.block_hash = &header->block.hash;
    enum err err = read_block(task, chain, out, &asked, header);
    if (err == ERR_OK) task->fault = (struct fault){.code = ERR_OK}; /* what one way did not give, another did */
    log_filter_free(&asked);
    return err;
}
