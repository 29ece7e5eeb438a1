/* A follower of transactions whose nodes are the test's own: they say what `world` has, and what they are asked is
 * noted there. Defines what src/indexer/tx_ask*.c use of src/rpc and src/repos, so that none of it is linked. One world
 * for each test, made by set_up. Tests only, one thread. */
#ifndef DAPPD_TESTS_INDEXER_TX_WORLD_H
#define DAPPD_TESTS_INDEXER_TX_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "eth/u256.h"
#include "indexer/tx_ask.h"
#include "rpc/logs.h"
#include "rpc/nonce_user.h"
#include "rpc/receipt.h"
#include "rpc/state.h"
#include "rpc/tx_poll.h"
#include "rpc/tx_read.h"
#include "rpc/tx_replay.h"

enum { CASES = 4, FIRST = 100, HEAD = 119, FINAL = 109, NOW = 100000, STEADY = 5000, NONCE = 7 };

/* What nodes say, and what they were asked. */
static struct {
    struct task task;
    struct tx_follower follower;
    struct tx_view view;
    struct kept_tx rows[CASES];
    struct tx_case cases[CASES];
    uint64_t count;     /* of the nonce, from past_from on; before it is NONCE */
    uint64_t past_from; /* number of a block */
    enum err state_err; /* of reads */
    unsigned reads, resolves, polls;
    struct receipt receipt; /* of all */
    enum err receipt_err;
    size_t nodes;
    enum tx_poll poll;
    hash32 polled; /* block */
    bool polled_failed;
    struct tx_read read;
    enum err read_err;
    uint64_t used_in; /* the block in which nonce_user_find was asked */
    uint8_t user;     /* first byte of the hash that it finds; 0: none */
    enum tx_verdict verdict;
    unsigned sends;
} world;

static inline hash32 hash_of(uint64_t number) {
    return (hash32){.bytes = {0xb1, (uint8_t)number}};
}

static inline struct block_ref block(uint64_t number) {
    return (struct block_ref){
        .number = number, .hash = hash_of(number), .parent_hash = hash_of(number - 1), .timestamp = 1000 * number};
}

enum err header_read_hash(struct task *task, struct chain *chain, struct header *out, const hash32 *hash) {
    (void)chain, (void)out, (void)hash;
    return task_fail(task, ERR_BLOCK_NOT_FOUND, "there is no more");
}

enum err chain_resolve(struct task *task, struct chain *chain, struct block_ref *out, const struct block_spec *spec) {
    (void)task, (void)chain;
    world.resolves++;
    *out = block(spec->kind == BLOCK_NUMBER ? spec->number : spec->hash.bytes[1]);
    return ERR_OK;
}

void state_read_many(struct task *task, struct chain *chain, const struct block_ref *at, struct state_read *reads,
                     size_t n) {
    (void)chain;
    for (size_t i = 0; i < n; i++) {
        const u256 count = u256_from_u64(at->number >= world.past_from ? world.count : NONCE);
        uint8_t *bytes = arena_alloc(task->arena, 32);
        assert_int_equal(reads[i].kind, STATE_NONCE);
        u256_to_be(bytes, &count);
        reads[i].bytes = bytes;
        reads[i].len = 32;
        reads[i].err = world.state_err;
        world.reads++;
    }
}

void receipt_read_many(struct task *task, struct chain *chain, struct receipt *out, enum err *errs, const hash32 *txs,
                       size_t n) {
    (void)task, (void)chain, (void)txs;
    for (size_t i = 0; i < n; i++) out[i] = world.receipt;
    for (size_t i = 0; i < n; i++) errs[i] = world.receipt_err;
}

void receipt_free(struct receipt *receipt) {
    (void)receipt;
}

size_t tx_poll_nodes(const struct chain *chain) {
    (void)chain;
    return world.nodes;
}

enum tx_poll tx_poll_receipt(struct task *task, struct chain *chain, const hash32 *tx, const hash32 *at, bool failed) {
    (void)task, (void)chain, (void)tx;
    world.polls++;
    world.polled = *at;
    world.polled_failed = failed;
    return world.poll;
}

enum tx_poll tx_poll_nonce(struct task *task, struct chain *chain, const address *sender, uint64_t nonce,
                           const hash32 *at) {
    (void)task, (void)chain, (void)sender;
    assert_int_equal(nonce, NONCE);
    world.polls++;
    world.polled = *at;
    return world.poll;
}

enum tx_poll tx_poll_funds(struct task *task, struct chain *chain, const address *account, const u256 *amount,
                           const hash32 *at) {
    (void)task, (void)chain, (void)account, (void)amount, (void)at;
    return TX_POLL_UNCLEAR;
}

enum err tx_read(struct task *task, struct chain *chain, struct tx_read *out, const hash32 *hash) {
    (void)chain, (void)hash;
    *out = world.read;
    return world.read_err == ERR_OK ? ERR_OK : task_fail(task, world.read_err, "nobody answers");
}

enum err nonce_user_find(struct task *task, struct chain *chain, hash32 *out, bool *found, const address *sender,
                         uint64_t nonce, const hash32 *at) {
    (void)task, (void)chain, (void)sender;
    assert_int_equal(nonce, NONCE);
    world.used_in = at->bytes[1];
    *found = world.user != 0;
    *out = (hash32){.bytes = {world.user}};
    return ERR_OK;
}

enum err tx_replay(struct task *task, struct chain *chain, struct tx_replay *replay, const hash32 *at) {
    (void)task, (void)chain, (void)replay, (void)at;
    return ERR_OK;
}

enum tx_verdict tx_send(struct task *task, struct chain *chain, unsigned *taken, const uint8_t *raw, size_t len,
                        const hash32 *hash, unsigned nodes) {
    (void)task, (void)chain, (void)raw, (void)hash;
    assert_int_equal(len, 1);
    assert_int_equal(nodes, 3);
    *taken = 0;
    world.sends++;
    return world.verdict;
}

enum err transaction_repo_get(struct task *task, struct kept_tx *out, uint64_t chain_id, const hash32 *hash) {
    static const uint8_t raw[] = {0};
    (void)task, (void)chain_id, (void)hash;
    *out = (struct kept_tx){.raw = raw, .raw_len = 1};
    return ERR_OK;
}

/* Transactions of the same sender that are pending, at a head with some blocks below it. */
static inline int set_up(void **state) {
    (void)state;
    memset(&world, 0, sizeof world);
    world.task = (struct task){.arena = arena_new(1024 * 1024), .deadline_ms = UINT64_MAX, .name = "test"};
    world.follower.options.nodes = 3;
    tx_window_init(&world.follower.window);
    for (uint64_t number = FIRST; number <= HEAD; number++) {
        const struct block_ref next = block(number);
        (void)tx_window_put(&world.follower.window, &next);
    }
    world.view = (struct tx_view){.head = block(HEAD), .final = FINAL, .now_s = NOW, .steady_s = STEADY};
    world.count = NONCE + 1;
    world.nodes = 3;
    for (size_t i = 0; i < CASES; i++) {
        world.rows[i] = (struct kept_tx){
            .hash = {{0xcd}}, .sender = {{0xaa}}, .nonce = NONCE, .state = KEPT_TX_PENDING, .updated_at = NOW};
        world.cases[i] = (struct tx_case){.row = &world.rows[i]};
    }
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    tx_window_free(&world.follower.window);
    arena_free(world.task.arena);
    return 0;
}

static inline void ask_receipts(enum tx_mined expected) {
    world.cases[0].decision = (struct tx_decision){.act = TX_ASK_RECEIPT};
    world.cases[0].settled = false;
    tx_ask_receipts(&world.task, &world.follower, &world.view, world.cases, 1);
    assert_int_equal(world.cases[0].facts.mined, expected);
}

static inline void give_receipt(uint64_t number, hash32 hash, bool succeeded) {
    world.receipt = (struct receipt){.state = RECEIPT_MINED,
                                     .block = {.number = number, .hash = hash},
                                     .index = 3,
                                     .from = {{0xaa}},
                                     .gas_used = u256_from_u64(21000),
                                     .has_status = true,
                                     .succeeded = succeeded};
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
