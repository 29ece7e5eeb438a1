/* Which transfers a request asks for: parameters from path and query, and the bytes that tell one filter from another
 * in a cursor. Each test makes its request and frees it. Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "http/answer.h"
#include "transfer_query.h"

#define ALICE "0x00000000000000000000000000000000000000a1"
#define BOB "0x00000000000000000000000000000000000000b2"

static struct slice slice_of(const char *text) {
    return (struct slice){text, strlen(text)};
}

/* In: query, "name value name value". */
static struct answer ask(const char *const *query, size_t n) {
    struct answer answer;
    answer_begin(&answer, HTTP_GET, "/");
    for (size_t i = 0; i < n; i++) {
        answer.req.query[i] = (struct query_arg){slice_of(query[2 * i]), slice_of(query[2 * i + 1])};
    }
    answer.req.n_query = n;
    return answer;
}

static struct transfer_filter read_well(const char *const *query, size_t n) {
    struct transfer_filter filter;
    struct answer answer = ask(query, n);
    enum err err = transfer_query_read(&answer.req, &filter);
    if (err != ERR_OK) fail_msg("%s", answer.req.task.fault.detail);
    answer_end(&answer);
    return filter;
}

static void test_nothing_restricts_nothing(void **state) {
    struct transfer_filter filter = read_well(NULL, 0);
    (void)state;
    assert_false(filter.has_from || filter.has_to || filter.has_party || filter.has_token);
    assert_false(filter.has_since || filter.has_until);
    assert_true(filter.from_block == 0 && filter.to_block == UINT64_MAX);
}

static void test_every_parameter(void **state) {
    static const char *const query[] = {"from",       ALICE, "to",       BOB, "token", ALICE,
                                        "from_block", "5",   "to_block", "5", "since", "1970-01-01T00:00:07.5Z",
                                        "until",      "8"};
    struct transfer_filter filter = read_well(query, sizeof query / sizeof *query / 2);
    (void)state;
    assert_true(filter.has_from && filter.from.bytes[19] == 0xa1);
    assert_true(filter.has_to && filter.to.bytes[19] == 0xb2);
    assert_true(filter.has_token && filter.token.bytes[19] == 0xa1);
    assert_true(filter.from_block == 5 && filter.to_block == 5);
    assert_true(filter.has_since && filter.since == 8); /* no block is between two seconds */
    assert_true(filter.has_until && filter.until == 8);
}

static void assert_refused(const char *const *query, size_t n, enum err want, const char *names) {
    struct transfer_filter filter;
    struct answer answer = ask(query, n);
    assert_int_equal(transfer_query_read(&answer.req, &filter), want);
    if (strstr(answer.req.task.fault.detail, names) == NULL) fail_msg("%s", answer.req.task.fault.detail);
    answer_end(&answer);
}

static void test_what_is_malformed_is_named(void **state) {
    static const struct {
        const char *query[2];
        enum err err;
    } rows[] = {
        {{"from", "0x"}, ERR_INVALID_ADDRESS},
        {{"to", ""}, ERR_INVALID_ADDRESS},
        {{"token", "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96046"}, ERR_CHECKSUM_MISMATCH},
        {{"from_block", "latest"}, ERR_INVALID_PARAMETER},
        {{"to_block", "18446744073709551616"}, ERR_INVALID_PARAMETER},
        {{"since", "2024-01-01"}, ERR_INVALID_PARAMETER},
        {{"until", ""}, ERR_INVALID_PARAMETER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_refused(rows[i].query, 1, rows[i].err, rows[i].query[0]);
    }
}

static void test_a_range_that_ends_before_it_begins(void **state) {
    static const char *const blocks[] = {"from_block", "6", "to_block", "5"};
    static const char *const times[] = {"since", "9", "until", "8"};
    static const char *const cut[] = {"since", "1970-01-01T00:00:08.1Z", "until", "1970-01-01T00:00:08.9Z"};
    (void)state;
    assert_refused(blocks, 2, ERR_INVALID_PARAMETER, "from_block is above to_block");
    assert_refused(times, 2, ERR_INVALID_PARAMETER, "since is later than until");
    assert_refused(cut, 2, ERR_INVALID_PARAMETER, "since is later than until");
}

static void test_the_side_of_the_address_in_the_path(void **state) {
    static const struct {
        const char *direction; /* NULL: not given */
        bool party, from, to;
    } rows[] = {{NULL, true, false, false},
                {"both", true, false, false},
                {"out", false, true, false},
                {"in", false, false, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *query[] = {"direction", rows[i].direction};
        struct transfer_filter filter = {0};
        struct answer answer;
        answer_begin(&answer, HTTP_GET, "/");
        if (rows[i].direction != NULL) {
            answer.req.query[0] = (struct query_arg){slice_of(query[0]), slice_of(query[1])};
            answer.req.n_query = 1;
        }
        answer.req.params[0] = slice_of(ALICE);
        assert_int_equal(transfer_query_read_party(&answer.req, &filter), ERR_OK);
        assert_true(filter.has_party == rows[i].party && filter.has_from == rows[i].from &&
                    filter.has_to == rows[i].to);
        const address *party = rows[i].party ? &filter.party : rows[i].from ? &filter.from : &filter.to;
        assert_int_equal(party->bytes[19], 0xa1);
        answer_end(&answer);
    }
}

static void test_another_direction_is_refused(void **state) {
    static const char *const query[] = {"direction", "In"};
    struct transfer_filter filter = {0};
    struct answer answer = ask(query, 1);
    (void)state;
    answer.req.params[0] = slice_of(ALICE);
    assert_int_equal(transfer_query_read_party(&answer.req, &filter), ERR_INVALID_PARAMETER);
    assert_string_equal(answer.req.task.fault.detail, "direction \"In\" is not in, out or both");
    answer_end(&answer);
}

/* Whatever differs in what is asked for differs in the bytes, and nothing else does. */
static void test_filters_are_told_apart(void **state) {
    static const struct transfer_filter filters[] = {
        {.to_block = 9},
        {.to_block = 8},
        {.to_block = 9, .from_block = 1},
        {.to_block = 9, .has_party = true},
        {.to_block = 9, .has_from = true},
        {.to_block = 9, .has_to = true},
        {.to_block = 9, .has_token = true},
        {.to_block = 9, .has_from = true, .from = {{1}}},
        {.to_block = 9, .has_to = true, .to = {{1}}},
        {.to_block = 9, .has_token = true, .token = {{1}}},
        {.to_block = 9, .has_party = true, .party = {{1}}},
        {.to_block = 9, .has_since = true},
        {.to_block = 9, .has_until = true},
        {.to_block = 9, .has_since = true, .since = 1},
        {.to_block = 9, .has_until = true, .until = 1},
    };
    enum { N = sizeof filters / sizeof *filters };
    uint8_t bytes[N][TRANSFER_FILTER_BYTES];
    (void)state;
    for (size_t i = 0; i < N; i++) {
        uint8_t again[TRANSFER_FILTER_BYTES];
        struct transfer_filter on_a_chain = filters[i];
        on_a_chain.chain_id = 5; /* cursors have it for themselves */
        memset(bytes[i], 0xaa, sizeof bytes[i]);
        transfer_filter_write(bytes[i], &filters[i]);
        transfer_filter_write(again, &on_a_chain);
        assert_memory_equal(again, bytes[i], sizeof again);
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(bytes[i], bytes[j], sizeof bytes[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_restricts_nothing),
        cmocka_unit_test(test_every_parameter),
        cmocka_unit_test(test_what_is_malformed_is_named),
        cmocka_unit_test(test_a_range_that_ends_before_it_begins),
        cmocka_unit_test(test_the_side_of_the_address_in_the_path),
        cmocka_unit_test(test_another_direction_is_refused),
        cmocka_unit_test(test_filters_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
