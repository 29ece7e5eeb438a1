/* What is told of a chain: what is known, without asking; and how long a check may wait.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "services/chain_service.h"

/* A chain that knows no network. */
struct chain {
    uint64_t id;
    bool known[3]; /* latest, safe, finalized */
    enum err err;
    uint64_t its;         /* the id that a node tells */
    struct chain *beside; /* another one whose id becomes known meanwhile */
    uint64_t deadline_ms; /* as it was when it was asked */
    unsigned asked;
};
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
    return 9;
}
uint64_t chain_block_time_ms(const struct chain *chain) {
    (void)chain;
    return 250;
}
bool chain_known_block(struct chain *chain, struct block_ref *out, enum block_kind kind) {
    if (!chain->known[kind]) return false;
    *out = (struct block_ref){.number = 100 - (uint64_t)kind};
    return true;
}
unsigned chain_max_age_s(const struct chain *chain, uint64_t wall_us) {
    (void)chain;
    assert_true(wall_us > UINT64_C(1600000000) * 1000000);
    return 11;
}
enum err chain_resolve(struct task *task, struct chain *chain, struct block_ref *out, const struct block_spec *spec) {
    assert_int_equal(spec->kind, BLOCK_LATEST);
    memset(out, 0, sizeof *out);
    chain->asked++;
    chain->deadline_ms = task->deadline_ms;
    chain->id = chain->err == ERR_OK ? chain->its : chain->id;
    if (chain->beside != NULL) chain->beside->id = chain->beside->its;
    return chain->err == ERR_OK ? ERR_OK : task_fail(task, chain->err, "no");
}

static void test_what_is_known_is_told(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++) {
        struct chain chain = {.id = 5, .known = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0}};
        struct chain_summary out;
        memset(&out, 0x5a, sizeof out);
        chain_service_describe(&out, &chain);
        assert_int_equal(out.id, 5);
        assert_string_equal(out.name, "fake");
        assert_string_equal(out.native_symbol, "FAK");
        assert_int_equal(out.native_decimals, 9);
        assert_int_equal(out.block_time_ms, 250);
        assert_int_equal(out.has_head, chain.known[0]);
        assert_int_equal(out.has_safe, chain.known[1]);
        assert_int_equal(out.has_finalized, chain.known[2]);
        if (out.has_head) assert_int_equal(out.head.number, 100);
        if (out.has_safe) assert_int_equal(out.safe.number, 99);
        if (out.has_finalized) assert_int_equal(out.finalized.number, 98);
        assert_int_equal(chain.asked, 0);
    }
}

static void test_max_age_is_by_the_wall_clock(void **state) {
    (void)state;
    struct chain chain = {.id = 5};
    assert_int_equal(chain_service_max_age_s(&chain), 11);
}

/* A check waits less than a request, never longer, and leaves the deadline as it was. */
static void test_a_check_is_bounded(void **state) {
    (void)state;
    static const enum err errs[] = {ERR_OK, ERR_TIMEOUT};
    struct reactor *reactor = reactor_new(0);
    uint64_t now_ms = reactor_now_ms(reactor);
    for (size_t i = 0; i < 2; i++) {
        struct chain chain = {.err = errs[i]};
        struct task task = {.reactor = reactor, .deadline_ms = now_ms + 10000};
        assert_int_equal(chain_service_check(&task, &chain), errs[i]);
        assert_int_equal(task.fault.code, errs[i]);
        assert_int_equal(chain.deadline_ms, now_ms + CHAIN_CHECK_MS);
        assert_int_equal(task.deadline_ms, now_ms + 10000);
        task.deadline_ms = now_ms + 5;
        assert_int_equal(chain_service_check(&task, &chain), errs[i]);
        assert_int_equal(chain.deadline_ms, now_ms + 5);
    }
    reactor_free(reactor);
}

/* In: chains, three of them. Returns the index of the one with the id, 3 when there is none. */
static size_t find(struct chain *chains, uint64_t id, enum err expected) {
    struct chain *list[] = {&chains[0], &chains[1], &chains[2]};
    struct reactor *reactor = reactor_new(0);
    struct task task = {.reactor = reactor, .deadline_ms = UINT64_MAX};
    size_t i = 99;
    assert_int_equal(chain_service_find(&task, list, 3, id, &i), expected);
    if (expected != ERR_OK) assert_int_equal(task.fault.code, expected);
    reactor_free(reactor);
    return i;
}

static void test_a_known_chain_is_found_without_asking(void **state) {
    (void)state;
    struct chain chains[] = {{.its = 1}, {.id = 2}, {.id = 3}};
    assert_int_equal(find(chains, 3, ERR_OK), 2);
    assert_int_equal(chains[0].asked, 0);
    assert_int_equal(find(chains, 0, ERR_OK), 3); /* no chain's id, not that of one that is not known */
    assert_int_equal(chains[0].asked, 0);
}

static void test_chains_without_an_id_are_asked_until_one_has_it(void **state) {
    (void)state;
    struct chain chains[] = {{.its = 1}, {.its = 2}, {.its = 3}};
    assert_int_equal(find(chains, 2, ERR_OK), 1);
    assert_int_equal(chains[2].asked, 0);
    assert_int_equal(find(chains, 4, ERR_OK), 3);
    assert_int_equal(chains[0].asked + chains[1].asked + chains[2].asked, 3);
}

static void test_a_chain_that_cannot_tell_might_be_the_one(void **state) {
    (void)state;
    struct chain chains[] = {{.err = ERR_UPSTREAM_UNAVAILABLE}, {.its = 2}, {.id = 3}};
    (void)find(chains, 4, ERR_UPSTREAM_UNAVAILABLE);
    assert_int_equal(find(chains, 2, ERR_OK), 1);
}

static void test_an_id_that_becomes_known_meanwhile_counts(void **state) {
    (void)state;
    static const enum err errs[] = {ERR_OK, ERR_TIMEOUT};
    for (size_t i = 0; i < 2; i++) {
        struct chain before[] = {{.its = 1}, {.its = 2, .err = errs[i]}, {.id = 3}};
        before[1].beside = &before[0];
        before[0].err = ERR_TIMEOUT;
        assert_int_equal(find(before, 1, ERR_OK), 0);
        struct chain behind[] = {{.its = 1, .err = errs[i]}, {.its = 2}, {.id = 3}};
        behind[0].beside = &behind[1];
        assert_int_equal(find(behind, 2, ERR_OK), 1);
        assert_int_equal(behind[1].asked, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_known_is_told),
        cmocka_unit_test(test_max_age_is_by_the_wall_clock),
        cmocka_unit_test(test_a_check_is_bounded),
        cmocka_unit_test(test_a_known_chain_is_found_without_asking),
        cmocka_unit_test(test_chains_without_an_id_are_asked_until_one_has_it),
        cmocka_unit_test(test_a_chain_that_cannot_tell_might_be_the_one),
        cmocka_unit_test(test_an_id_that_becomes_known_meanwhile_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
