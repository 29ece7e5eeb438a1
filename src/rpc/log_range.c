/* Logs of a range of final blocks, and how much of it to ask for when it is too much. What the nodes teach about that
 * is kept with them. The lists are the caller's. On the task's thread, in a coroutine. */
#include "chain_state.h"
#include "headers.h"
#include "log_ask.h"
#include "log_confirm.h"
#include "log_parts.h"
#include "log_times.h"

/* The most blocks that any node gives which is not down, as far as is known. */
static uint64_t largest_cap(struct chain *chain) {
    uint64_t now_ms = upstream_now_ms();
    uint64_t largest = 0;
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        if (upstream_look(&chain->upstreams[i], now_ms).fitness >= UPSTREAM_OPEN) continue;
        uint64_t cap = upstream_blocks_cap(&chain->upstreams[i], now_ms);
        if (cap > largest) largest = cap;
    }
    return largest > 0 ? largest : UINT64_MAX;
}

uint64_t logs_max_blocks(struct chain *chain) {
    uint64_t cap = largest_cap(chain);
    return cap == UINT64_MAX ? 0 : cap;
}

/* The most blocks fewer than n that some node gives; 0: there is no such node. */
static uint64_t next_smaller_cap(struct chain *chain, uint64_t n) {
    uint64_t now_ms = upstream_now_ms();
    uint64_t best = 0;
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        uint64_t cap = upstream_blocks_cap(&chain->upstreams[i], now_ms);
        if (cap < n && cap > best) best = cap;
    }
    return best;
}

static enum logs_outcome split_at(struct logs_range *range, uint64_t n_blocks) {
    range->suggested_to = n_blocks > 0 ? range->from + n_blocks - 1 : 0;
    return LOGS_SPLIT;
}

/* Of more blocks than one. */
static enum logs_outcome judge_failure(struct chain *chain, const struct log_question *question,
                                       struct logs_range *range) {
    uint64_t n = range->to - range->from + 1;
    uint64_t cap = next_smaller_cap(chain, n);
    if (question->outcome == RPC_TOO_LARGE && question->hint.to > 0) {
        range->suggested_to = question->hint.to;
        return LOGS_SPLIT;
    }
    if (question->outcome == RPC_TOO_LARGE && !question->hint.too_many_blocks) return split_at(range, 0);
    if (cap > 0 || question->outcome == RPC_TOO_LARGE) return split_at(range, cap);
    bool late = question->err == ERR_TIMEOUT;
    return log_may_be_about_range(question->outcome) && !late ? split_at(range, 0) : LOGS_FAILED;
}

/* No node gives all of this one block's logs at once. */
static enum err read_in_parts(struct task *task, struct chain *chain, const struct log_question *question,
                              struct header *block) {
    struct log_filter filter = *question->filter;
    enum err err = headers_read_each(task, chain, block, &filter.from, 1);
    filter.block_hash = &block->block.hash;
    return err == ERR_OK ? log_parts_read(task, chain, question->out, &filter, block) : err;
}

static enum err finish(struct task *task, struct chain *chain, struct log_question *question, struct logs_mark mark) {
    enum err err = question->n_seen == 0 ? log_confirm_empty(task, chain, question) : ERR_OK;
    return err == ERR_OK ? log_times_fill(task, chain, question->out, mark) : err;
}

/* A range being read, by parts of the filter. */
struct range_reading {
    struct task *task;
    struct chain *chain;
    struct logs *out;
    struct logs_range *range;
    bool has_last;
};

/* Different parts may come from different nodes, which have to be of the same chain. */
static enum logs_outcome settle(struct range_reading *reading, const struct log_question *question, enum err err) {
    struct logs_range *range = reading->range;
    const struct block_ref *last = &question->last.block;
    bool same = !reading->has_last || hash32_equal(&range->last.hash, &last->hash);
    if (err == ERR_OK && !same) err = task_fail(reading->task, ERR_UPSTREAM_ERROR, "the nodes are of different chains");
    if (err != ERR_OK) return LOGS_FAILED;
    range->last = *last;
    reading->has_last = true;
    return LOGS_OK;
}

static int ask(const struct log_filter *filter, void *arg) {
    struct range_reading *reading = arg;
    struct logs_range *range = reading->range;
    struct task *task = reading->task;
    struct logs_mark mark = logs_mark(reading->out);
    struct log_question question = {.filter = filter, .out = reading->out};
    log_ask(task, reading->chain, &question);
    enum err err = question.err;
    if (question.outcome == RPC_OK) {
        err = finish(task, reading->chain, &question, mark);
    } else if (range->to > range->from) {
        return (int)judge_failure(reading->chain, &question, range);
    } else if (question.outcome == RPC_TOO_LARGE) {
        err = read_in_parts(task, reading->chain, &question, &question.last);
    }
    return (int)settle(reading, &question, err);
}

static enum logs_outcome read_range(struct range_reading *reading, const struct log_filter *filter) {
    struct logs_mark mark = logs_mark(reading->out);
    enum logs_outcome outcome = (enum logs_outcome)log_filter_each_part(filter, ask, reading);
    if (outcome == LOGS_OK && !logs_sort(reading->out, mark)) {
        (void)task_fail(reading->task, ERR_UPSTREAM_ERROR, "the nodes' answers about one range do not agree");
        outcome = LOGS_FAILED;
    }
    if (outcome != LOGS_OK) {
        logs_reset(reading->out, mark);
    } else {
        reading->task->fault = (struct fault){.code = ERR_OK}; /* what one way did not give, another did */
    }
    return outcome;
}

enum logs_outcome logs_read_range(struct task *task, struct chain *chain, struct logs *out,
                                  const struct logs_filter *filter, struct logs_range *range) {
    struct log_filter asked;
    struct range_reading reading = {.task = task, .chain = chain, .out = out, .range = range};
    uint64_t cap = largest_cap(chain);
    range->suggested_to = 0;
    if (range->to - range->from >= cap) return split_at(range, cap);
    log_filter_init(&asked, filter);
    asked.from = range->from;
    asked.to = range->to;
    enum logs_outcome outcome = read_range(&reading, &asked);
    log_filter_free(&asked);
    return outcome;
}
