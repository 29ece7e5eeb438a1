/* Logs of one fresh block. Its header's bloom says what it cannot have, which saves most questions and unmasks answers
 * that are empty though they should not be. The lists are the caller's.
 * On the task's thread, in a coroutine. */
#include <string.h>

#include "log_ask.h"
#include "log_list.h"
#include "log_parts.h"
#include "log_receipts.h"

enum { PAUSE_MS = 250 };

/* A bloom of nothing proves nothing where transactions are: not all chains fill it. */
static bool rules_out(const struct log_filter *filter, const struct header *header) {
    static const uint8_t blank[BLOOM_BYTES];
    if (memcmp(header->bloom, blank, BLOOM_BYTES) == 0) return !header->has_transactions;
    return !log_filter_bloom(filter, header->bloom);
}

/* The same question once more: to another node, or to all. */
static enum err ask_again(struct task *task, struct chain *chain, struct log_question *question,
                          const struct upstream *except) {
    question->except = except;
    log_ask(task, chain, question);
    return question->err;
}

/* An empty answer that the bloom does not rule out may be right: blooms say yes too often, and a blank one says
 * nothing. It is believed when two nodes give it, or the block's receipts have no such log either; where no node knows
 * that method, when it is given twice. */
static enum err confirm_empty(struct task *task, struct chain *chain, struct log_question *question) {
    enum rpc_outcome outcome;
    if (log_has_other_node(chain, question->answered) &&
        ask_again(task, chain, question, question->answered) == ERR_OK) {
        return ERR_OK;
    }
    enum err err = log_receipts_read(task, chain, question->out, &outcome, question->filter, question->block);
    if (outcome != RPC_INVALID) return err;
    reactor_sleep_ms(task->reactor, PAUSE_MS);
    return ask_again(task, chain, question, NULL);
}

/* A block being read, by parts of the filter. */
struct block_reading {
    struct task *task;
    struct chain *chain;
    struct logs *out;
    const struct header *header;
};

static int read_part(const struct log_filter *filter, void *arg) {
    const struct block_reading *reading = arg;
    const struct header *header = reading->header;
    struct log_question question = {.filter = filter, .out = reading->out, .block = header};
    if (rules_out(filter, header)) return ERR_OK;
    log_ask(reading->task, reading->chain, &question);
    if (question.outcome == RPC_TOO_LARGE) {
        return (int)log_parts_read(reading->task, reading->chain, reading->out, filter, header);
    }
    if (question.err != ERR_OK || question.n_seen > 0) return (int)question.err;
    return (int)confirm_empty(reading->task, reading->chain, &question);
}

enum err logs_read_block(struct task *task, struct chain *chain, struct logs *out, const struct logs_filter *filter,
                         const struct header *header) {
    struct log_filter asked;
    struct block_reading reading = {.task = task, .chain = chain, .out = out, .header = header};
    struct logs_mark mark = logs_mark(out);
    log_filter_init(&asked, filter);
    asked.from = asked.to = header->block.number;
    asked.block_hash = &header->block.hash;
    enum err err = (enum err)log_filter_each_part(&asked, read_part, &reading);
    if (err == ERR_OK && !logs_sort(out, mark)) {
        err = task_fail(task, ERR_UPSTREAM_ERROR, "the nodes' answers about one block do not agree");
    }
    if (err == ERR_OK) task->fault = (struct fault){.code = ERR_OK}; /* what one way did not give, another did */
    if (err != ERR_OK) logs_reset(out, mark);
    log_filter_free(&asked);
    return err;
}
