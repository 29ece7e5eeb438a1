/* Stands in for src/rpc below the services: a chain whose head the test moves, and a node that answers each call from a
 * table of the test's. Defines what services use of rpc/chain.h and rpc/state.h, so that none of src/rpc is linked.
 * One fake for each test, reset by fake_begin.
 * Tests only, one thread; the services run on a coroutine, and each departure waits a little. */
#ifndef DAPPD_TESTS_SERVICES_FAKE_CHAIN_H
#define DAPPD_TESTS_SERVICES_FAKE_CHAIN_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eth/abi.h"
#include "eth/hex.h"
#include "eth/u256.h"
#include "rpc/state.h"
#include "services/source.h"

enum { FAKE_MAX_DATA_BYTES = 1024 };

/* The answer to reads that contain match: "KIND 0xto[ 0xdata] @block", all in lower case. */
struct fake_answer {
    const char *match;
    const char *result; /* hex: a quantity of a balance, else data; NULL: it fails with what follows */
    enum rpc_outcome outcome;
    enum err err;
    const char *detail;
    int retry_after_s;
    const char *revert; /* hex; NULL: none */
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
    uint8_t fork;  /* also in every hash: another chain of blocks of the same numbers */
    bool resolve_fails;
    void (*on_the_way)(void); /* called while a departure waits; NULL: nothing happens meanwhile */
    unsigned resolves, forgets, departures;
    size_t asked;
    size_t may_write;     /* of these */
    char log[128 * 1024]; /* every read, one a line */
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
    block.hash.bytes[0] = fake.fork;
    block.hash.bytes[31] = (uint8_t)number;
    block.head = number == fake.head;
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

bool chain_known_block(struct chain *chain, struct block_ref *out, enum block_kind kind) {
    (void)chain;
    check(kind == BLOCK_LATEST);
    *out = fake_block(fake.head);
    return true;
}

static inline const struct fake_answer *fake_find(const char *text) {
    for (size_t i = 0; i < fake.n_answers; i++) {
        if (strstr(text, fake.answers[i].match) != NULL) return &fake.answers[i];
    }
    return NULL;
}

static inline void fake_log(const struct state_read *read, const struct fake_answer **answer, uint64_t number) {
    static const char *const kinds[] = {
        [STATE_CALL] = "call",   [STATE_BALANCE] = "balance", [STATE_CODE] = "code",
        [STATE_NONCE] = "nonce", [STATE_STORAGE] = "storage", [STATE_INIT_CODE] = "init code"};
    char to[64], data[2 * FAKE_MAX_DATA_BYTES + 4] = " ", text[2 * FAKE_MAX_DATA_BYTES + 128];
    bool has_data = read->kind == STATE_CALL || read->kind == STATE_INIT_CODE || read->kind == STATE_STORAGE;
    check(read->data_len <= FAKE_MAX_DATA_BYTES && (read->data_len > 0) == has_data);
    if (read->data_len > 0) (void)hex_encode(data + 1, read->data, read->data_len);
    int len = snprintf(text, sizeof text, "%s %s%s @%llu\n", kinds[read->kind],
                       hex_encode(to, read->to.bytes, sizeof read->to.bytes), read->data_len > 0 ? data : "",
                       (unsigned long long)number);
    check(strlen(fake.log) + (size_t)len < sizeof fake.log);
    (void)strncat(fake.log, text, sizeof fake.log - strlen(fake.log) - 1);
    *answer = fake_find(text);
}

static inline void fake_revert(struct task *task, struct state_read *read, const char *text) {
    uint8_t *bytes = arena_alloc(task->arena, strlen(text));
    check(bytes != NULL && hex_decode(bytes, strlen(text), &read->revert_len, text, strlen(text)) == ERR_OK);
    read->revert_data = bytes;
}

static inline void fake_fail(struct task *task, struct state_read *read, const struct fake_answer *answer) {
    read->outcome = answer != NULL ? answer->outcome : RPC_REVERTED;
    read->err = answer != NULL ? answer->err : ERR_EXECUTION_REVERTED;
    read->retry_after_s = answer != NULL ? answer->retry_after_s : 0;
    read->detail = answer != NULL ? answer->detail : "reverted";
    if (answer != NULL && answer->revert != NULL) fake_revert(task, read, answer->revert);
}

static inline void fake_succeed(struct task *task, struct state_read *read, const char *text) {
    uint8_t *bytes = arena_alloc(task->arena, strlen(text) + 32);
    u256 balance;
    read->outcome = RPC_OK;
    read->detail = "";
    if (bytes == NULL) {
        read->outcome = RPC_TOO_LARGE;
        read->err = ERR_OVERLOADED;
    } else if (read->kind == STATE_BALANCE || read->kind == STATE_NONCE || read->kind == STATE_STORAGE) {
        check(u256_from_hex(&balance, text, strlen(text)) == ERR_OK);
        u256_to_be(bytes, &balance);
        read->len = 32;
    } else {
        check(hex_decode(bytes, strlen(text), &read->len, text, strlen(text)) == ERR_OK);
    }
    read->bytes = bytes;
}

void state_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read *reads,
                     size_t n) {
    (void)chain;
    fake.departures++;
    fake.asked += n;
    for (size_t i = 0; i < n; i++) fake.may_write += reads[i].may_write ? 1 : 0;
    task->rpc_calls += (uint32_t)n;
    reactor_sleep_ms(task->reactor, 1);
    if (fake.on_the_way != NULL) fake.on_the_way();
    for (size_t i = 0; i < n; i++) {
        const struct fake_answer *answer;
        fake_log(&reads[i], &answer, block->number);
        if (answer == NULL || answer->result == NULL) {
            fake_fail(task, &reads[i], answer);
        } else {
            fake_succeed(task, &reads[i], answer->result);
        }
    }
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
    const struct source source = {.chain = &fake.chain, .cache = fake.cache};
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

/* The time that look-ups of this turn see. Nothing may wait until fake_now_is_real. */
static inline void fake_set_now(uint64_t now_ms) {
    reactor_loop(fake.reactor)->time = now_ms;
}
static inline void fake_now_is_real(void) {
    uv_update_time(reactor_loop(fake.reactor));
}

/* An address of one byte repeated. */
static inline address fake_address(uint8_t byte) {
    address a;
    memset(a.bytes, byte, sizeof a.bytes);
    return a;
}

#endif
