/* Reads of amounts on the fake chain: which are wanted, and what came of them.
 * One set for each test program.
 * Tests only, one thread. */
#ifndef DAPPD_TESTS_SERVICES_AMOUNT_READS_H
#define DAPPD_TESTS_SERVICES_AMOUNT_READS_H

#include "services/fake_chain.h"

#include "services/snapshot.h"

#define WORD(last) "0x00000000000000000000000000000000000000000000000000000000000000" last
#define OWNER "0x0101010101010101010101010101010101010101"
#define TOKEN "0x2222222222222222222222222222222222222222"

enum { MAX_READS = 8 };

static struct amount_read reads[MAX_READS];
static size_t n_reads;
static struct block_ref block;
static char details[MAX_READS][TASK_DETAIL_BYTES]; /* kept: the task's arena goes */

static inline void read_all(struct task *task, const struct source *source) {
    struct snapshot snapshot = {reads, n_reads, NULL, 0};
    snapshot_read(task, source, &snapshot, &block);
    for (size_t i = 0; i < n_reads; i++) (void)snprintf(details[i], sizeof details[i], "%s", reads[i].detail);
}

/* At the head when the number is fake.head. */
static inline void read_at(uint64_t number, size_t n) {
    block = fake_block(number);
    n_reads = n;
    fake_run(read_all);
}

static inline struct amount_read read_of(enum amount_kind kind, uint8_t token, uint8_t owner, uint8_t spender) {
    struct amount_read read = {.kind = kind, .owner = fake_address(owner)};
    if (kind != AMOUNT_NATIVE_BALANCE) read.token = fake_address(token);
    if (kind == AMOUNT_ALLOWANCE) read.spender = fake_address(spender);
    if (kind == AMOUNT_TOTAL_SUPPLY) read.owner = fake_address(0);
    return read;
}

static inline void assert_amount(size_t i, uint64_t want) {
    u256 amount = u256_from_u64(want);
    assert_int_equal(reads[i].err, ERR_OK);
    assert_int_equal(u256_cmp(&reads[i].amount, &amount), 0);
    assert_string_equal(details[i], "");
}

#endif
