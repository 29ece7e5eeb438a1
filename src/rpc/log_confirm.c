/* An index takes an empty answer for granted for ever, and it is what nodes say that are behind, or whose own index has
 * holes. So it is checked, at a price that does not grow with the range.
 * Owns the headers that it looks at while it works.
 * On the task's thread, in a coroutine. */
#include "log_confirm.h"

#include "core/clock.h"
#include "headers.h"

enum {
    MAX_HEADERS = 32, /* looked at in one range */
    MAX_HITS = 8      /* blocks whose bloom says yes that are asked about: blooms do so by chance as well */
};

/* Chooses blocks evenly over the range, within each part of it at random. Returns how many. */
static size_t choose(uint64_t numbers[MAX_HEADERS], uint64_t from, uint64_t to) {
    uint64_t n = to - from + 1;
    size_t wanted = n < MAX_HEADERS ? (size_t)n : MAX_HEADERS;
    uint64_t part = n / wanted;
    for (size_t i = 0; i < wanted; i++) {
        uint64_t random;
        clock_random(&random, sizeof(random));
        numbers[i] = from + i * part + random % part;
    }
    return wanted;
}

/* Asks about one block by its hash. */
static enum err check_block(struct task *task, struct chain *chain, const struct log_question *question,
                            const struct header *header) {
    struct log_filter filter = *question->filter;
    struct log_question one = {.filter = &filter, .out = question->out, .block = header};
    filter.from = filter.to = header->block.number;
    filter.block_hash = &header->block.hash;
    log_ask(task, chain, &one);
    if (one.err != ERR_OK || one.n_seen == 0) return one.err;
    return task_fail(task, ERR_UPSTREAM_ERROR, "the nodes hide logs of a range of blocks");
}

static enum err look_at_blooms(struct task *task, struct chain *chain, const struct log_question *question) {
    uint64_t numbers[MAX_HEADERS] = {0};
    struct header headers[MAX_HEADERS];
    size_t n = choose(numbers, question->filter->from, question->filter->to), hits = 0;
    enum err err = headers_read_each(task, chain, headers, numbers, n);
    for (size_t i = 0; i < n && err == ERR_OK && hits < MAX_HITS; i++) {
        if (!log_filter_bloom(question->filter, headers[i].bloom)) continue;
        err = check_block(task, chain, question, &headers[i]);
        hits++;
    }
    return err;
}

enum err log_confirm_empty(struct task *task, struct chain *chain, struct log_question *question) {
    if (log_has_other_node(chain, question->answered)) {
        struct log_question again = {.filter = question->filter, .out = question->out, .except = question->answered};
        log_ask(task, chain, &again);
        if (again.err == ERR_OK) *question = again;
        if (again.err == ERR_OK) return ERR_OK;
    }
    return look_at_blooms(task, chain, question);
}
