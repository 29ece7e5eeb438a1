/* What one node made of a request: matched to the calls, counted, and remembered as the node's health. The calls belong
 * to the caller; parsed replies live in the task's arena.
 * On the task's thread, in a coroutine. */
#include "attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "attempt_log.h"
#include "chain_state.h"
#include "core/metrics.h"
#include "errors.h"
#include "transport.h"
#include "verify.h"

enum {
    MAX_REQUEST_BYTES = 64 * 1024 * 1024,
    PROBLEM_BYTES = 16,
    PROOF_MS = 30 * 1000, /* that a node serves our chain */
    JSON_TREE_FACTOR = 2  /* memory of a parsed reply, by the length of its text: most of it is long strings */
};

static struct transfer *post(struct task *task, const struct chain *chain, struct transport_reply *reply,
                             const struct attempt *attempt, uint64_t first_id) {
    struct buf body;
    buf_init(&body, MAX_REQUEST_BYTES);
    codec_build(&body, attempt->calls, attempt->n, first_id);
    if (body.failed) abort(); /* params are ours, and short */
    struct transport_request request = {
        .node = attempt->upstream->endpoint,
        .body = body.data,
        .body_len = body.len,
        .connect_timeout_ms = chain->limits.connect_timeout_ms,
        .attempt_timeout_ms = attempt->timeout_ms > 0 ? attempt->timeout_ms : chain->limits.attempt_timeout_ms,
        .max_reply_bytes = chain->limits.max_reply_bytes,
        .heavy = attempt->calls[0]->heavy,
    };
    struct transfer *transfer = transport_post(task, reply, &request);
    buf_free(&body);
    task->rpc_calls += (uint32_t)attempt->n;
    return transfer;
}

/* No call has an answer of its own. */
static void fail_all(struct attempt *attempt, enum rpc_outcome outcome) {
    for (size_t i = 0; i < attempt->n; i++) {
        attempt->outcomes[i] = outcome;
        answer_take_failure(attempt->calls[i], outcome);
    }
}

/* One error for a whole batch is about the batch, unless it says that it is about us. */
static bool blames_batch(enum rpc_outcome outcome, int status) {
    if (outcome == RPC_TOO_LARGE) return true;
    return outcome != RPC_RATE_LIMITED && outcome != RPC_UNREACHABLE && status != 401 && status != 403;
}

static enum rpc_outcome take_whole_error(struct attempt *attempt, const json_t *error, int status) {
    struct codec_error read = codec_error_read(error);
    enum rpc_outcome outcome = rpc_error_classify(status, read.code, read.text, read.text_len);
    attempt->refused = blames_batch(outcome, status);
    if (attempt->refused) outcome = RPC_TOO_LARGE;
    fail_all(attempt, outcome);
    return outcome;
}

/* Returns what the items say of the node. An over-long batch may be refused in its first item alone, as geth does. */
static enum rpc_outcome take_items(struct task *task, struct attempt *attempt, const struct codec_item *items,
                                   int status) {
    enum rpc_outcome node = RPC_OK;
    for (size_t i = 0; i < attempt->n; i++) {
        attempt->outcomes[i] = answer_take(task, attempt->calls[i], &items[i], status);
        if (attempt->outcomes[i] == RPC_RATE_LIMITED) node = RPC_RATE_LIMITED;
        if (attempt->outcomes[i] == RPC_TOO_LARGE && attempt->n > 1) attempt->refused = true;
    }
    return attempt->n == 1 ? attempt->outcomes[0] : node;
}

static void release_json(void *root) {
    json_decref(root);
}

/* What replies hold counts against the task's memory: a contract may answer anything. Returns false when there is no
 * room left; the tree is released then. */
static bool keep_json(struct task *task, json_t *root, size_t text_len) {
    if (arena_charge(task->arena, JSON_TREE_FACTOR * text_len)) return arena_defer(task->arena, release_json, root);
    json_decref(root);
    return false;
}

/* Returns what the reply says of the node as a whole. */
static enum rpc_outcome take_body(struct task *task, struct attempt *attempt, const struct transport_reply *reply,
                                  uint64_t first_id) {
    struct codec_reply parsed;
    struct codec_item *items = calloc(attempt->n, sizeof(*items));
    if (items == NULL) abort();
    codec_parse_calls(&parsed, items, attempt->calls, attempt->n, first_id, reply->body, reply->body_len);
    enum rpc_outcome outcome = rpc_http_classify(reply->status);
    if (attempt->question == UPSTREAM_LOGS && rpc_http_is_timeout(reply->status)) outcome = RPC_TIMED_OUT;
    if (parsed.root != NULL && !keep_json(task, parsed.root, parsed.root_len)) {
        parsed = (struct codec_reply){.kind = CODEC_NONSENSE};
        memset(items, 0, attempt->n * sizeof(*items));
        outcome = RPC_INVALID; /* not the node's fault, and shorter batches would hold as much */
    }
    if (parsed.kind == CODEC_WHOLE_ERROR && attempt->n == 1) {
        items[0] = (struct codec_item){.kind = CODEC_ERROR, .value = parsed.error};
        parsed.kind = CODEC_ITEMS;
    }
    if (parsed.kind == CODEC_ITEMS) {
        outcome = take_items(task, attempt, items, reply->status);
    } else if (parsed.kind == CODEC_WHOLE_ERROR) {
        outcome = take_whole_error(attempt, parsed.error, reply->status);
    } else {
        attempt->refused = outcome == RPC_TOO_LARGE && attempt->n > 1;
        fail_all(attempt, outcome);
    }
    attempt_log_errors(attempt, items, parsed.error);
    free(items);
    return outcome;
}

/* A node that answers with an error is well, even with status 400: it may be the contract's doing. One that refuses us
 * by any other status, or cannot even tell its head, is not. */
static bool is_ill(const struct attempt *attempt, enum rpc_outcome outcome, int status) {
    switch (outcome) {
    case RPC_NONSENSE:
    case RPC_UNREACHABLE:
    case RPC_TIMED_OUT:
        return true;
    default:
        return outcome == RPC_NODE_ERROR && (status > 400 || attempt->question == UPSTREAM_POLL);
    }
}

/* For the log: the status is what an operator looks up when a key or a path is wrong. Returns NULL for none. */
static const char *problem_of(char text[PROBLEM_BYTES], const struct transport_reply *reply) {
    if (reply->problem != NULL || reply->outcome != RPC_OK || reply->status / 100 == 2) return reply->problem;
    (void)snprintf(text, PROBLEM_BYTES, "HTTP %d", reply->status);
    return text;
}

static void remember_health(const struct task *task, const struct attempt *attempt, enum rpc_outcome outcome,
                            uint64_t started_ms, const struct transport_reply *reply) {
    struct upstream *upstream = attempt->upstream;
    char problem[PROBLEM_BYTES];
    struct upstream_result result = {
        .verdict = UPSTREAM_ANSWERED,
        .outcome = outcome,
        .question = attempt->question,
        .started_ms = started_ms,
        .us = reply->us,
        .retry_after_s = reply->retry_after_s,
        .problem = problem_of(problem, reply),
    };
    if (!reply->sent) return;
    bool late = reactor_now_ms(task->reactor) >= task->deadline_ms;
    if (is_ill(attempt, outcome, reply->status)) result.verdict = UPSTREAM_FAILED;
    if (outcome == RPC_RATE_LIMITED) result.verdict = UPSTREAM_LIMITED;
    bool slow = attempt->calls[0]->heavy || attempt->question == UPSTREAM_LOGS;
    if (outcome == RPC_TIMED_OUT && (late || slow)) result.verdict = UPSTREAM_CUT_SHORT;
    upstream_record(upstream, &result, upstream_now_ms());
    if (reply->outcome == RPC_UNREACHABLE && upstream_identity(upstream) == UPSTREAM_VERIFIED) {
        upstream_identify(upstream, UPSTREAM_UNVERIFIED, 0); /* what comes back at this address may be another node */
    }
}

static bool has_nonsense(const struct attempt *attempt) {
    for (size_t i = 0; i < attempt->n; i++) {
        if (attempt->outcomes[i] == RPC_NONSENSE) return true;
    }
    return false;
}

void attempt_send_unverified(struct task *task, struct chain *chain, struct attempt *attempt) {
    struct transport_reply reply;
    uint64_t first_id = transport_take_ids(transport_of(task), attempt->n);
    uint64_t started_ms = upstream_now_ms();
    atomic_fetch_add(&attempt->upstream->in_flight, 1);
    struct transfer *transfer = post(task, chain, &reply, attempt, first_id);
    atomic_fetch_sub(&attempt->upstream->in_flight, 1);
    enum rpc_outcome outcome = reply.outcome;
    if (outcome == RPC_OK) {
        outcome = take_body(task, attempt, &reply, first_id);
    } else {
        attempt->refused = outcome == RPC_TOO_LARGE && attempt->n > 1;
        fail_all(attempt, outcome);
    }
    attempt->new_connection = reply.new_connection;
    remember_health(task, attempt, outcome, started_ms, &reply);
    if (has_nonsense(attempt)) transport_distrust(transfer);
    transport_release(task, transfer);
    for (size_t i = 0; i < attempt->n; i++) {
        metrics_add(METRIC_RPC_CALLS, attempt->upstream->label, attempt->outcomes[i], 1);
    }
}

/* Returns the calls as they are now, with what earlier tries told of them; to be freed. */
static struct rpc_call *remember_calls(const struct attempt *attempt) {
    struct rpc_call *calls = calloc(attempt->n, sizeof(*calls));
    if (calls == NULL) abort();
    for (size_t i = 0; i < attempt->n; i++) calls[i] = *attempt->calls[i];
    return calls;
}

/* Takes back what this try told of the calls. */
static void discard(struct attempt *attempt, const struct rpc_call *before, enum rpc_outcome outcome) {
    for (size_t i = 0; i < attempt->n; i++) *attempt->calls[i] = before[i];
    fail_all(attempt, outcome);
    attempt->refused = false;
}

static bool tells_anything(const struct attempt *attempt) {
    for (size_t i = 0; i < attempt->n; i++) {
        if (attempt->outcomes[i] != RPC_UNREACHABLE && attempt->outcomes[i] != RPC_TIMED_OUT) return true;
    }
    return false;
}

/* A proxy keeps our connection when it is told to pass on what comes to another node, so a proof does not last for
 * ever. And while this one waited for its turn, another may have made the connection that it went over, and have doubts
 * now about the node at its other end. */
static enum rpc_outcome verify_answer(struct task *task, struct chain *chain, struct attempt *attempt) {
    if (!tells_anything(attempt)) return RPC_OK;
    uint64_t now_ms = upstream_now_ms();
    uint64_t since_ms = attempt->new_connection ? now_ms : now_ms < PROOF_MS ? 0 : now_ms - PROOF_MS;
    return verify_upstream_since(task, chain, attempt->upstream, since_ms);
}

void attempt_send(struct task *task, struct chain *chain, struct attempt *attempt) {
    struct upstream *upstream = attempt->upstream;
    attempt->refused = false;
    enum rpc_outcome outcome = verify_upstream(task, chain, upstream);
    if (outcome != RPC_OK) {
        fail_all(attempt, outcome);
        return;
    }
    struct rpc_call *before = remember_calls(attempt);
    attempt_send_unverified(task, chain, attempt);
    outcome = verify_answer(task, chain, attempt);
    if (outcome != RPC_OK) discard(attempt, before, outcome);
    free(before);
}
