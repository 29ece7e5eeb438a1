/* A node that is behind answers a range past its head with an empty list, so it has to show the range's last block
 * first. Memory for the reply's logs is the caller's list.
 * On the task's thread, in a coroutine. */
#include "log_ask.h"

#include <stdlib.h>
#include <string.h>

#include "chain_state.h"
#include "core/work.h"
#include "group.h"
#include "headers.h"
#include "log_list.h"
#include "log_scan.h"
#include "pool.h"

enum {
    RANGE_TIMEOUT_MS = 30 * 1000,
    MAX_PARAMS_BYTES = 1024 * 1024,
    LONG_REPLY_BYTES = 64 * 1024, /* takes longer to read than another thread takes to begin */
    MAX_UNKNOWN = 2               /* failures of a range after which less of it is the better question */
};

/* The question on its way, with what its answers are compared to. */
struct asking {
    struct task *task;
    struct log_question *question;
    struct logs_mark mark; /* what was in the list before */
};

static uint64_t n_blocks(const struct log_question *question) {
    return question->filter->to - question->filter->from + 1;
}

/* A reply while it is read. */
struct reading {
    struct log_question *question;
    const char *text;
    size_t len;
    bool ok;
};

static void read_reply(void *arg) {
    struct reading *reading = arg;
    struct log_question *question = reading->question;
    reading->ok = log_scan(question->out, &question->n_seen, reading->text, reading->len, question->filter);
}

static enum rpc_outcome take_logs(const struct rpc_call *call, const char *text, size_t len) {
    const struct asking *asking = call->reader->arg;
    struct reading reading = {.question = asking->question, .text = text, .len = len};
    logs_reset(asking->question->out, asking->mark);
    if (len < LONG_REPLY_BYTES) {
        read_reply(&reading);
    } else {
        work_run(asking->task->reactor, read_reply, &reading);
    }
    return reading.ok ? RPC_OK : RPC_NONSENSE;
}

static void take_error(const struct rpc_call *call, enum rpc_outcome outcome, int64_t code, const char *text,
                       size_t len) {
    (void)code;
    struct log_question *question = ((const struct asking *)call->reader->arg)->question;
    if (outcome != RPC_TOO_LARGE) return;
    question->hint = log_hint_read(text, len, question->filter->from, question->filter->to);
}

/* What the header says of the block that the logs say they are in. */
struct comparison {
    const struct header *header;
    bool blank_bloom; /* not all chains fill it */
    bool differs;
};

static void compare_place(struct log_place *place, void *arg) {
    struct comparison *comparison = arg;
    const struct block_ref *block = &comparison->header->block;
    if (place->block_number != block->number) return;
    comparison->differs |= !hash32_equal(&place->block_hash, &block->hash);
    place->timestamp = block->timestamp;
}

static bool is_of_bloom(const struct comparison *comparison, const struct log_place *place, const address *token) {
    const struct header *header = comparison->header;
    if (comparison->blank_bloom || place->block_number != header->block.number) return true;
    return bloom_may_have(header->bloom, token->bytes, sizeof(token->bytes));
}

/* Logs of the block whose header is known must be ones that it can have. */
static bool agrees_with_header(const struct asking *asking, const struct header *header) {
    static const uint8_t blank[BLOOM_BYTES];
    struct logs *logs = asking->question->out;
    struct comparison comparison = {.header = header, .blank_bloom = memcmp(header->bloom, blank, BLOOM_BYTES) == 0};
    logs_each_place(logs, asking->mark, compare_place, &comparison);
    for (size_t i = asking->mark.n_transfers; i < logs->n_transfers && !comparison.differs; i++) {
        comparison.differs = !is_of_bloom(&comparison, &logs->transfers[i].place, &logs->transfers[i].token);
    }
    for (size_t i = asking->mark.n_odd; i < logs->n_odd && !comparison.differs; i++) {
        comparison.differs = !is_of_bloom(&comparison, &logs->odd[i].place, &logs->odd[i].token);
    }
    for (size_t i = asking->mark.n_events; i < logs->n_events && !comparison.differs; i++) {
        comparison.differs = !is_of_bloom(&comparison, &logs->events[i].place, &logs->events[i].contract);
    }
    return !comparison.differs;
}

bool log_has_other_node(struct chain *chain, const struct upstream *than) {
    uint64_t now_ms = upstream_now_ms();
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        struct upstream *upstream = &chain->upstreams[i];
        if (upstream != than && upstream_look(upstream, now_ms).fitness < UPSTREAM_OPEN) return true;
    }
    return false;
}

bool log_may_be_about_range(enum rpc_outcome outcome) {
    return outcome == RPC_NODE_ERROR || outcome == RPC_INVALID || outcome == RPC_TIMED_OUT || outcome == RPC_NONSENSE;
}

/* What a failure about a range teaches. Returns true when there is no use in asking another node. */
static bool learn(struct log_question *question, struct upstream *upstream, enum rpc_outcome outcome) {
    uint64_t n = n_blocks(question);
    if (outcome == RPC_TOO_LARGE && question->hint.too_many_blocks) {
        upstream_refused_blocks(upstream, n, question->hint.max_blocks, upstream_now_ms());
        return false;
    }
    if (outcome == RPC_TOO_LARGE) return n > 1; /* others would have as much to send */
    return log_may_be_about_range(outcome) && ++question->unknown == MAX_UNKNOWN && n > 1;
}

static enum rpc_outcome judge_range(const struct attempt *attempt, enum rpc_outcome outcome, bool *final, void *arg) {
    const struct asking *asking = arg;
    struct log_question *question = asking->question;
    question->answered = attempt->upstream;
    if (outcome == RPC_OK && agrees_with_header(asking, &question->last)) return RPC_OK;
    if (outcome == RPC_OK) outcome = RPC_NONSENSE;
    logs_reset(question->out, asking->mark);
    *final = learn(question, attempt->upstream, outcome);
    return outcome;
}

static enum rpc_outcome judge_block(const struct attempt *attempt, enum rpc_outcome outcome, bool *final, void *arg) {
    const struct asking *asking = arg;
    (void) final;
    asking->question->answered = attempt->upstream;
    if (outcome == RPC_OK && agrees_with_header(asking, asking->question->block)) return RPC_OK;
    logs_reset(asking->question->out, asking->mark);
    return outcome == RPC_OK ? RPC_NONSENSE : outcome;
}

static void ask_range(struct task *task, struct chain *chain, struct asking *asking, struct rpc_call *logs) {
    struct log_question *question = asking->question;
    struct header_call header;
    struct rpc_call block;
    struct rpc_call *calls[] = {&block, logs};
    struct pool_group group = {
        .question = UPSTREAM_LOGS,
        .timeout_ms = RANGE_TIMEOUT_MS,
        .blocks = n_blocks(question),
        .except = question->except,
        .judge = judge_range,
        .arg = asking,
    };
    header_call_number(&header, &block, &question->last, question->filter->to);
    question->outcome = pool_send_group(task, chain, calls, 2, &group);
}

static void ask_block(struct task *task, struct chain *chain, struct asking *asking, struct rpc_call *logs) {
    struct pool_group group = {.blocks = 1, .except = asking->question->except, .judge = judge_block, .arg = asking};
    asking->question->outcome = pool_send_group(task, chain, &logs, 1, &group);
}

void log_ask(struct task *task, struct chain *chain, struct log_question *question) {
    struct asking asking = {.task = task, .question = question, .mark = logs_mark(question->out)};
    struct rpc_reader reader = {.result = take_logs, .error = take_error, .arg = &asking};
    struct buf params;
    buf_init(&params, MAX_PARAMS_BYTES);
    log_filter_params(&params, question->filter);
    if (params.failed) abort(); /* tens of thousands of contracts in one filter */
    struct rpc_call logs = {.method = "eth_getLogs", .params = params.data, .reader = &reader};
    question->unknown = 0;
    question->hint = (struct log_hint){.to = 0};
    if (question->block != NULL) {
        ask_block(task, chain, &asking, &logs);
    } else {
        ask_range(task, chain, &asking, &logs);
    }
    question->err = logs.err;
    if (question->err != ERR_OK) {
        (void)task_fail(task, logs.err, "%s", logs.detail);
        task->fault.retry_after_s = logs.retry_after_s;
    }
    buf_free(&params);
}
