/* Pinning: which block a read sees, and how often it is pinned anew when the block goes away.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include "services/pinned.h"

/* A read that does not know the block until it is called for the nth time. */
struct reading {
    unsigned good_from;
    enum err otherwise;
    unsigned reads;
    uint64_t seen[8];
};

static enum err read_at(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct reading *reading = arg;
    (void)source;
    reading->seen[reading->reads++] = block->number;
    if (reading->reads >= reading->good_from) return ERR_OK;
    return task_fail(task, reading->otherwise, "read %u", reading->reads);
}

static struct reading reading;
static struct block_spec spec;
static enum err outcome;
static struct fault fault;
static uint64_t pinned_number;
static bool pinned_head;

static void run_read(struct task *task, const struct source *source) {
    struct block_ref block = {.number = 0};
    outcome = pinned_read(task, source, &block, &spec, read_at, &reading);
    fault = task->fault;
    pinned_number = block.number;
    pinned_head = block.head;
}

static const struct block_spec latest = {.kind = BLOCK_LATEST}, safe = {.kind = BLOCK_SAFE},
                               finalized = {.kind = BLOCK_FINALIZED}, number_7 = {.kind = BLOCK_NUMBER, .number = 7};

static void read_pinned(const struct block_spec *wanted, unsigned good_from, enum err otherwise) {
    spec = *wanted;
    reading = (struct reading){.good_from = good_from, .otherwise = otherwise};
    fake_run(run_read);
}

static void test_a_block_that_is_there(void **state) {
    (void)state;
    fake_begin(NULL, 0);
    read_pinned(&latest, 1, ERR_OK);
    assert_int_equal(outcome, ERR_OK);
    assert_int_equal(pinned_number, 100);
    assert_true(pinned_head);
    assert_int_equal(fake.resolves, 1);
    assert_int_equal(fake.forgets, 0);
    fake_end();
}

/* What is kept of the head may be of another block, where that does not matter: here it does. */
static void test_the_head_by_its_number_is_a_named_block(void **state) {
    (void)state;
    const struct block_spec number_100 = {.kind = BLOCK_NUMBER, .number = 100};
    fake_begin(NULL, 0);
    read_pinned(&number_100, 1, ERR_OK);
    assert_int_equal(pinned_number, 100);
    assert_false(pinned_head);
    fake_end();
}

static void test_a_head_that_goes_away_is_replaced(void **state) {
    (void)state;
    const struct block_spec *const tags[] = {&latest, &safe, &finalized};
    for (size_t i = 0; i < 3; i++) {
        fake_begin(NULL, 0);
        read_pinned(tags[i], 3, ERR_BLOCK_NOT_FOUND);
        assert_int_equal(outcome, ERR_OK);
        assert_int_equal(pinned_number, 102); /* the block that the answer is true at */
        assert_int_equal(fake.forgets, 2);
        fake_end();
    }
}

static void test_a_named_block_is_never_replaced(void **state) {
    (void)state;
    fake_begin(NULL, 0);
    read_pinned(&number_7, 2, ERR_BLOCK_NOT_FOUND);
    assert_int_equal(outcome, ERR_BLOCK_NOT_FOUND);
    assert_int_equal(reading.reads, 1);
    assert_int_equal(reading.seen[0], 7);
    assert_int_equal(fake.forgets, 0);
    fake_end();
}

static void test_other_errors_end_it(void **state) {
    (void)state;
    fake_begin(NULL, 0);
    read_pinned(&latest, 9, ERR_TIMEOUT);
    assert_int_equal(outcome, ERR_TIMEOUT);
    assert_int_equal(fault.code, ERR_TIMEOUT);
    assert_int_equal(reading.reads, 1);
    assert_int_equal(fake.forgets, 0);
    fake_end();
}

static void test_a_chain_that_cannot_be_asked(void **state) {
    (void)state;
    fake_begin(NULL, 0);
    fake.resolve_fails = true;
    read_pinned(&latest, 1, ERR_OK);
    assert_int_equal(outcome, ERR_UPSTREAM_UNAVAILABLE);
    assert_int_equal(reading.reads, 0);
    fake_end();
}

/* There is a newest block, whatever the nodes say: "not found" would be a lie, and asking again can help. */
static void test_nodes_that_never_agree(void **state) {
    (void)state;
    fake_begin(NULL, 0);
    read_pinned(&latest, 99, ERR_BLOCK_NOT_FOUND);
    assert_in_range(reading.reads, 2, 5);
    assert_int_equal(outcome, ERR_UPSTREAM_ERROR);
    assert_int_equal(fault.code, ERR_UPSTREAM_ERROR);
    fake_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_block_that_is_there),
        cmocka_unit_test(test_the_head_by_its_number_is_a_named_block),
        cmocka_unit_test(test_a_head_that_goes_away_is_replaced),
        cmocka_unit_test(test_a_named_block_is_never_replaced),
        cmocka_unit_test(test_other_errors_end_it),
        cmocka_unit_test(test_a_chain_that_cannot_be_asked),
        cmocka_unit_test(test_nodes_that_never_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
