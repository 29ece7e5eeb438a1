/* Stands in for src/rpc below the services: a chain whose head the test moves, and a node that answers each call from a
 * table of the test's. Defines what services use of rpc/chain.h and rpc/rpc.h, so that none of src/rpc is linked.
 * One fake for each test, reset by fake_begin.
 * Tests only, one thread; the services run on a coroutine, and each batch waits a little. */
#ifndef DAPPD_TESTS_SERVICES_FAKE_CHAIN_H
#define DAPPD_TESTS_SERVICES_FAKE_CHAIN_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eth/hex.h"
#include "rpc/rpc.h"
#include "services/source.h"

/* The answer to calls that contain match: "METHOD 0xto[ 0xdata] @block", all in lower case. */
struct fake_answer {
    const char *match;
    const char *result; /* JSON; NULL: it fails with what follows */
    enum rpc_outcome outcome;
    enum err err;
    const char *detail;
    int retry_after_s;
};

struct chain {
    uint64_t id;
};

static struct {
    struct chain chain;
    struct reactor *reactor;
    struct cache *cache;
    const struct fake_answer *answers;
    size_t n_answers;
    uint64_t head; /* its number, also in its hash */
    bool resolve_fails;
    unsigned resolves, forgets, batches;
    size_t calls;
    char log[128 * 1024]; /* every call, one a line */
    int broken;
} fake;

/* What does not hold inside the coroutine, which cmocka cannot jump out of. */
static inline void check_at(bool holds, const char *what, int line) {
    if (holds) return;
    print_error("line %d: %s\n", line, what);
    fake.broken++;
}
#define check(condition) check_at((condition), #condition, __LINE__)

static inline struct block_ref fake_block(uint64_t number) {
    struct block_ref block = {.number = number, .timestamp = 1700000000 + number};
    block.hash.bytes[31] = (uint8_t)number;
    return block;
}

uint64_t chain_id(const struct chain *chain) {
    return chain->id;
}
const char *chain_name(const struct chain *chain) {
    (void)chain;
    return "fake";
}
const char *chain_native_symbol(const struct chain *chain) {
    (void)chain;
    return "FAK";
}
unsigned chain_native_decimals(const struct chain *chain) {
    (void)chain;
    return 18;
}
unsigned chain_max_age_s(const struct chain *chain, uint64_t wall_us) {
    (void)chain;
    (void)wall_us;
    return 12;
}

enum err chain_resolve(struct task *task, struct chain *chain, struct block_ref *out, const struct block_spec *spec) {
    (void)chain;
    fake.resolves++;
    if (fake.resolve_fails) return task_fail(task, ERR_UPSTREAM_UNAVAILABLE, "no node");
    *out = fake_block(spec->kind == BLOCK_NUMBER ? spec->number : fake.head);
    return ERR_OK;
}

void chain_forget_head(struct chain *chain, const hash32 *hash) {
    (void)chain;
    check(hash->bytes[31] == (uint8_t)fake.head);
    fake.forgets++;
    fake.head++;
}

const char *rpc_params_call(struct task *task, const address *to, const struct abi_call *call,
                            const struct block_ref *block) {
    char to_text[64], data[2 * ABI_CALL_BYTES + 3];
    return arena_printf(task->arena, "%s %s @%llu", hex_encode(to_text, to->bytes, sizeof to->bytes),
                        hex_encode(data, call->data, call->len), (unsigned long long)block->number);
}

const char *rpc_params_account(struct task *task, const address *account, const struct block_ref *block) {
    char text[64];
    return arena_printf(task->arena, "%s @%llu", hex_encode(text, account->bytes, sizeof account->bytes),
                        (unsigned long long)block->number);
}

enum err rpc_result_bytes(struct task *task, const uint8_t **data, size_t *len, const struct rpc_call *call) {
    const char *text = json_string_value(call->result);
    size_t text_len = json_string_length(call->result);
    uint8_t *bytes = arena_alloc(task->arena, text_len + 1);
    if (text == NULL || bytes == NULL || hex_decode(bytes, text_len, len, text, text_len) != ERR_OK) {
        return task_fail(task, ERR_UPSTREAM_ERROR, "no data");
    }
    *data = bytes;
    return ERR_OK;
}

static inline void fake_release_json(void *json) {
    json_decref(json);
}

static inline void fake_answer_call(struct task *task, struct rpc_call *call) {
    char text[512];
    int len = snprintf(text, sizeof text, "%s %s\n", call->method, call->params);
    check(strlen(fake.log) + (size_t)len < sizeof fake.log);
    (void)strncat(fake.log, text, sizeof fake.log - strlen(fake.log) - 1);
    const struct fake_answer *answer = NULL;
    for (size_t i = 0; i < fake.n_answers && answer == NULL; i++) {
        if (strstr(text, fake.answers[i].match) != NULL) answer = &fake.answers[i];
    }
    if (answer == NULL || answer->result == NULL) {
        call->outcome = answer != NULL ? answer->outcome : RPC_REVERTED;
        call->err = answer != NULL ? answer->err : ERR_EXECUTION_REVERTED;
        call->retry_after_s = answer != NULL ? answer->retry_after_s : 0;
        (void)snprintf(call->detail, sizeof call->detail, "%s", answer != NULL ? answer->detail : "reverted");
        return;
    }
    json_t *json = json_loads(answer->result, JSON_DECODE_ANY, NULL);
    check(json != NULL);
    if (!arena_defer(task->arena, fake_release_json, json)) {
        call->outcome = RPC_TOO_LARGE;
        call->err = ERR_OVERLOADED;
        return;
    }
    call->outcome = RPC_OK;
    call->result = json;
}

void rpc_batch(struct task *task, struct chain *chain, struct rpc_call *calls, size_t n) {
    (void)chain;
    fake.batches++;
    fake.calls += n;
    task->rpc_calls += (uint32_t)n;
    reactor_sleep_ms(task->reactor, 1);
    for (size_t i = 0; i < n; i++) fake_answer_call(task, &calls[i]);
}

static inline void fake_begin(const struct fake_answer *answers, size_t n) {
    memset(&fake, 0, sizeof fake);
    fake.chain.id = 1337;
    fake.head = 100;
    fake.answers = answers;
    fake.n_answers = n;
    fake.reactor = reactor_new(0);
    fake.cache = cache_new(1024 * 1024);
}

static inline void fake_end(void) {
    cache_free(fake.cache);
    reactor_free(fake.reactor);
    assert_int_equal(fake.broken, 0);
}

struct fake_run {
    struct task task;
    void (*body)(struct task *task, const struct source *source);
};

static inline void fake_run_body(void *arg) {
    struct fake_run *run = arg;
    const struct source source = {&fake.chain, fake.cache};
    run->body(&run->task, &source);
}

/* Runs the body as a task on a coroutine, to its end. */
static inline void fake_run_in(void (*body)(struct task *task, const struct source *source), size_t arena_bytes) {
    struct fake_run run = {.body = body};
    run.task = (struct task){
        .reactor = fake.reactor, .arena = arena_new(arena_bytes), .deadline_ms = UINT64_MAX, .name = "test"};
    reactor_spawn(fake.reactor, fake_run_body, &run);
    reactor_stop(fake.reactor);
    reactor_run(fake.reactor);
    arena_free(run.task.arena);
}

static inline void fake_run(void (*body)(struct task *task, const struct source *source)) {
    fake_run_in(body, 16 * 1024 * 1024);
}

/* An address of one byte repeated. */
static inline address fake_address(uint8_t byte) {
    address a;
    memset(a.bytes, byte, sizeof a.bytes);
    return a;
}

#endif
