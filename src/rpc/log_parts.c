/* There is nothing smaller than a block to ask for but fewer contracts; of a single one, or of every one, the block's
 * receipts are left. The list is the caller's.
 * On the task's thread, in a coroutine. */
#include "log_parts.h"

#include "log_ask.h"
#include "log_list.h"
#include "log_receipts.h"

static enum err read_part(struct task *task, struct chain *chain, struct logs *out, const struct log_filter *filter,
                          const struct header *block) {
    struct log_question question = {.filter = filter, .out = out, .block = block};
    log_ask(task, chain, &question);
    if (question.outcome != RPC_TOO_LARGE) return question.err;
    return log_parts_read(task, chain, out, filter, block);
}

static enum err read_halves(struct task *task, struct chain *chain, struct logs *out, const struct log_filter *filter,
                            const struct header *block) {
    struct log_filter part = *filter;
    part.n_tokens = filter->n_tokens / 2;
    enum err err = read_part(task, chain, out, &part, block);
    if (err != ERR_OK) return err;
    part.tokens += part.n_tokens;
    part.n_tokens = filter->n_tokens - part.n_tokens;
    return read_part(task, chain, out, &part, block);
}

enum err log_parts_read(struct task *task, struct chain *chain, struct logs *out, const struct log_filter *filter,
                        const struct header *block) {
    struct logs_mark mark = logs_mark(out);
    enum rpc_outcome outcome;
    enum err err = filter->n_tokens > 1 ? read_halves(task, chain, out, filter, block)
                                        : log_receipts_read(task, chain, out, &outcome, filter, block);
    if (err == ERR_OK && !logs_sort(out, mark)) {
        err = task_fail(task, ERR_UPSTREAM_ERROR, "the nodes' answers about one block do not agree");
    }
    if (err != ERR_OK) logs_reset(out, mark);
    return err;
}
