/* Which streams are read together, and how far.
 * Static data.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "indexer/group.h"

static struct index_stream streams[2 * GROUP_MAX + 1];
static struct group group;

static struct index_stream stream(uint8_t token, uint64_t next_block, bool live) {
    return (struct index_stream){.token = {.bytes = {token}}, .next_block = next_block, .live = live};
}

/* In: next, where each stream stands; 'live' ones end with a negative number. */
static bool pick(const int *next, size_t n, uint64_t target) {
    for (size_t i = 0; i < n; i++) {
        streams[i] = stream((uint8_t)(i + 1), (uint64_t)(next[i] < 0 ? -next[i] : next[i]), next[i] < 0);
    }
    return group_pick(&group, streams, n, target);
}

/* The tokens of the group, as the digits of a number. */
static unsigned members(void) {
    unsigned digits = 0;
    for (size_t i = 0; i < group.n; i++) {
        digits = digits * 10 + group.streams[i].token.bytes[0];
        assert_true(address_equal(&group.tokens[i], &group.streams[i].token));
    }
    assert_int_equal(group.n, group.n_tokens);
    return digits;
}

static void test_pick(void **state) {
    (void)state;
    static const struct {
        int next[3];
        uint64_t target;
        unsigned members;
        uint64_t from, to;
    } rows[] = {
        {{0, 0, 0}, 99, 123, 0, 99},         /* all together */
        {{50, 0, 50}, 99, 2, 0, 49},         /* one catches up with the others */
        {{50, 50, 50}, 99, 123, 50, 99},     /* and goes on with them */
        {{50, 20, 90}, 99, 2, 20, 49},       /* up to the next one, not the last one */
        {{50, -20, -90}, 99, 1, 50, 99},     /* live ones do not count */
        {{0, 99, 99}, 99, 1, 0, 98},         /* others stand at the target itself */
        {{20, 200, 300}, 99, 1, 20, 99},     /* others are past the target */
        {{100, 100, 100}, 99, 123, 100, 99}, /* they have got there */
        {{100, -20, 120}, 99, 1, 100, 99},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(pick(rows[i].next, 3, rows[i].target));
        assert_int_equal(members(), rows[i].members);
        assert_int_equal(group.from, rows[i].from);
        assert_int_equal(group.to, rows[i].to);
    }
    static const int all_live[] = {-1, -2, -3};
    assert_false(pick(all_live, 3, 99));
    assert_false(group_pick(&group, NULL, 0, 99));
}

static void test_every_token(void **state) {
    (void)state;
    struct index_stream every = {.every = true, .next_block = 7};
    assert_true(group_pick(&group, &every, 1, 99));
    assert_int_equal(group.n, 1);
    assert_int_equal(group.n_tokens, 0);
    assert_int_equal(group.from, 7);
}

/* More tokens than one question takes: as many as fit go first, by themselves. */
static void test_many(void **state) {
    (void)state;
    enum { N = 2 * GROUP_MAX + 1 };
    memset(streams, 0, sizeof streams);
    for (size_t left = N; left > 0;) {
        assert_true(group_pick(&group, streams, N, 99));
        assert_int_equal(group.n, left < GROUP_MAX ? left : GROUP_MAX);
        left -= group.n;
        for (size_t i = 0, live = 0; live < group.n; i++) {
            if (streams[i].live) continue;
            streams[i].live = true;
            live++;
        }
    }
}

/* Those of one kind alone, and only those of their own kind are in their way. */
static void test_kinds_are_apart(void **state) {
    (void)state;
    for (size_t i = 0; i < 4; i++) streams[i] = stream((uint8_t)(i + 1), i < 2 ? 10 : 20, false);
    streams[1].kind = streams[2].kind = STREAM_EVENTS;
    assert_true(group_pick(&group, streams, 4, 99));
    assert_int_equal(members(), 1);
    assert_int_equal(group.to, 19);
    assert_int_equal(group_filter(&group).kind, LOGS_TRANSFERS);
    streams[0].live = true;
    assert_true(group_pick(&group, streams, 4, 99));
    assert_int_equal(members(), 2);
    assert_int_equal(group.kind, STREAM_EVENTS);
    assert_int_equal(group.to, 19);
    const struct logs_filter filter = group_filter(&group);
    assert_int_equal(filter.kind, LOGS_EVENTS);
    assert_int_equal(filter.n_tokens, 1);
    assert_true(filter.tokens == group.tokens);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_are_apart),
        cmocka_unit_test(test_pick),
        cmocka_unit_test(test_every_token),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
