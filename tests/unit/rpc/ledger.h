/* A chain that a test grows, reorganises and breaks as it likes, the fake node that serves it, and steps that resolve
 * blocks of it.
 * There is one ledger, started anew by each run; its mutex guards it.
 * The node reads it on its own thread, the test changes it on the main one. */
#ifndef DAPPD_TESTS_LEDGER_H
#define DAPPD_TESTS_LEDGER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "rpc/chain_state.h"
#include "rpc/election.h"

enum { MAX_BLOCKS = 200, GENESIS_S = 1700000000 };

/* Followed chains are fast; of the others, a reading stays fresh until the test lets time pass. */
enum { FAST_BLOCK_MS = 500, SLOW_BLOCK_MS = 60000, PASSING_US = 20 * 1000 * 1000 };

/* What the node knows. Guarded by its mutex. */
struct ledger {
    pthread_mutex_t mutex;
    uint8_t fork[MAX_BLOCKS]; /* which fork the canonical block of each number is from */
    unsigned blocks;          /* canonical ones */
    unsigned reported;        /* what the node says is the latest; one below blocks - 1 when it lags */
    unsigned safe, finalized;
    bool broken;       /* every answer is HTTP 500 */
    unsigned failures; /* so many more are */
    bool hang_once;    /* the next answer never comes */
    unsigned count;    /* requests for blocks */
};

static struct ledger ledger;

static inline void ledger_start(unsigned blocks) {
    memset(&ledger, 0, sizeof ledger);
    pthread_mutex_init(&ledger.mutex, NULL);
    ledger.blocks = blocks;
    ledger.reported = blocks - 1;
}

static inline unsigned ledger_count(void) {
    pthread_mutex_lock(&ledger.mutex);
    unsigned count = ledger.count;
    pthread_mutex_unlock(&ledger.mutex);
    return count;
}

static inline void ledger_grow(unsigned blocks) {
    pthread_mutex_lock(&ledger.mutex);
    ledger.blocks += blocks;
    ledger.reported = ledger.blocks - 1;
    pthread_mutex_unlock(&ledger.mutex);
}

/* Replaces the last blocks by fewer or as many of another fork. */
static inline void ledger_reorg(unsigned drop, unsigned add) {
    pthread_mutex_lock(&ledger.mutex);
    ledger.blocks -= drop;
    for (unsigned i = 0; i < add; i++) ledger.fork[ledger.blocks++]++;
    ledger.reported = ledger.blocks - 1;
    pthread_mutex_unlock(&ledger.mutex);
}

static inline void ledger_finalize(unsigned safe, unsigned finalized) {
    pthread_mutex_lock(&ledger.mutex);
    ledger.safe = safe;
    ledger.finalized = finalized;
    pthread_mutex_unlock(&ledger.mutex);
}

/* A block's hash tells its fork and number. */
static inline hash32 block_hash(unsigned number, unsigned fork) {
    hash32 hash = {{0}};
    hash.bytes[0] = 0xb1;
    hash.bytes[1] = (uint8_t)fork;
    hash.bytes[31] = (uint8_t)number;
    return hash;
}

static inline void format_block(char out[512], unsigned number, unsigned fork) {
    char hash[HASH32_TEXT_BYTES], parent_hash[HASH32_TEXT_BYTES];
    unsigned below = number > 0 ? number - 1 : 0;
    hash32 value = block_hash(number, fork), parent = block_hash(below, ledger.fork[below]);
    snprintf(out, 512, "{\"number\":\"0x%x\",\"hash\":\"%s\",\"parentHash\":\"%s\",\"timestamp\":\"0x%x\"}", number,
             hash32_format(hash, &value), hash32_format(parent_hash, &parent), GENESIS_S + number);
}

static inline bool find_number(unsigned *number, const char *which) {
    static const char *const tags[] = {"latest", "safe", "finalized"};
    const unsigned values[] = {ledger.reported, ledger.safe, ledger.finalized};
    for (size_t i = 0; i < 3; i++) {
        *number = values[i];
        if (strcmp(which, tags[i]) == 0) return true;
    }
    *number = (unsigned)strtoul(which, NULL, 16);
    return *number < ledger.blocks;
}

/* A node keeps blocks that a reorg has replaced, and hands them out by hash. */
static inline void answer(char out[512], const json_t *call) {
    const char *which = fake_param(call, 0);
    unsigned number;
    snprintf(out, 512, "null");
    if (strcmp(fake_method(call), "eth_getBlockByNumber") == 0) {
        if (find_number(&number, which)) format_block(out, number, ledger.fork[number]);
        return;
    }
    hash32 hash;
    if (hash32_parse(&hash, which, strlen(which)) != ERR_OK || hash.bytes[0] != 0xb1) return;
    format_block(out, hash.bytes[31], hash.bytes[1]);
}

/* Each call of a request gets its own answer. */
static inline json_t *answer_all(const json_t *body) {
    char json[512];
    if (json_is_object(body)) {
        answer(json, body);
        return fake_reply(body, "result", json);
    }
    json_t *replies = json_array();
    for (size_t i = 0; i < json_array_size(body); i++) {
        json_array_append_new(replies, answer_all(json_array_get(body, i)));
    }
    return replies;
}

static inline void serve_ledger(struct fake_request *request) {
    pthread_mutex_lock(&ledger.mutex);
    ledger.count++;
    json_t *reply = answer_all(request->body);
    bool broken = ledger.broken || ledger.failures > 0;
    if (ledger.failures > 0) ledger.failures--;
    bool hang = ledger.hang_once;
    ledger.hang_once = false;
    pthread_mutex_unlock(&ledger.mutex);
    if (!hang && !broken) {
        fake_send_json(request, 200, reply);
        return;
    }
    json_decref(reply);
    if (hang) {
        fake_hang(request);
    } else {
        fake_send(request, 500, "", "");
    }
}

/* Makes everything known of the chain's blocks older than it may be served. */
static inline void let_time_pass(struct chain *chain) {
    pthread_mutex_lock(&chain->head->mutex);
    for (size_t i = 0; i < HEAD_TAG_COUNT; i++) {
        struct head_reading *reading = &chain->head->readings[i];
        if (reading->asked_us == 0) continue;
        reading->asked_us -= PASSING_US;
        reading->moved_us -= PASSING_US;
    }
    pthread_mutex_unlock(&chain->head->mutex);
    pthread_mutex_lock(&chain->election->mutex);
    for (size_t i = 0; i < HEAD_TAG_COUNT * chain->n_upstreams; i++) {
        struct voter *voter = &chain->election->voters[i / chain->n_upstreams][i % chain->n_upstreams];
        if (voter->reported) voter->asked_us -= PASSING_US;
    }
    pthread_mutex_unlock(&chain->election->mutex);
}

/* What the steps of a body saw, for the test to assert on. */
struct step {
    enum err err;
    struct block_ref block;
    unsigned count; /* questions so far */
    char detail[TASK_DETAIL_BYTES];
};

enum { MAX_STEPS = 16 };

struct steps {
    struct step at[MAX_STEPS];
    size_t n;
};

static inline struct step *resolve(struct steps *steps, struct task *task, struct chain *chain,
                                   struct block_spec spec) {
    struct step *step = &steps->at[steps->n++];
    step->err = chain_resolve(task, chain, &step->block, &spec);
    step->count = ledger_count();
    if (step->err != ERR_OK) snprintf(step->detail, sizeof step->detail, "%s", task->fault.detail);
    return step;
}

static inline struct step *resolve_latest(struct steps *steps, struct task *task, struct chain *chain) {
    return resolve(steps, task, chain, (struct block_spec){.kind = BLOCK_LATEST});
}

static inline struct step *resolve_number(struct steps *steps, struct task *task, struct chain *chain,
                                          uint64_t number) {
    return resolve(steps, task, chain, (struct block_spec){.kind = BLOCK_NUMBER, .number = number});
}

static inline struct step *resolve_hash(struct steps *steps, struct task *task, struct chain *chain, hash32 hash) {
    return resolve(steps, task, chain, (struct block_spec){.kind = BLOCK_HASH, .hash = hash});
}

static inline void run_with(struct steps *steps, unsigned blocks, fake_serve serve, net_body body, bool follow) {
    struct net net;
    memset(steps, 0, sizeof *steps);
    ledger_start(blocks);
    net_start(&net, &serve, 1);
    net.limits.attempt_timeout_ms = 500;
    net_open(&net, 1, follow ? FAST_BLOCK_MS : SLOW_BLOCK_MS);
    net.arg = steps;
    net_run_on(0, &net, body, follow);
    net_close(&net);
    pthread_mutex_destroy(&ledger.mutex);
}

static inline void run(struct steps *steps, unsigned blocks, net_body body) {
    run_with(steps, blocks, serve_ledger, body, false);
}

static inline void assert_block(const struct step *step, unsigned number, unsigned fork) {
    hash32 want = block_hash(number, fork);
    assert_int_equal(step->err, ERR_OK);
    assert_int_equal(step->block.number, number);
    assert_memory_equal(step->block.hash.bytes, want.bytes, sizeof want.bytes);
    assert_int_equal(step->block.timestamp, GENESIS_S + number);
}

#endif
