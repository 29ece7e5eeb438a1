/* Which logs live streams want, where a contract is wanted as a token, for its events, or as both.
 * One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "indexer/indexer_state.h"
#include "indexer/live.h"

static const address both = {{1}}, token = {{2}}, contract = {{3}}, behind = {{4}};

/* Of the last one only the events are live: its transfers are still being read. */
static struct index_stream streams[] = {
    {.kind = STREAM_TRANSFERS, .live = true},  {.kind = STREAM_EVENTS, .live = true},
    {.kind = STREAM_TRANSFERS, .live = true},  {.kind = STREAM_EVENTS, .live = true},
    {.kind = STREAM_TRANSFERS, .live = false}, {.kind = STREAM_EVENTS, .live = true},
};
enum { N_STREAMS = sizeof streams / sizeof *streams };

static struct indexer indexer_of(size_t n) {
    static const address *const names[N_STREAMS] = {&both, &both, &token, &contract, &behind, &behind};
    for (size_t i = 0; i < N_STREAMS; i++) streams[i].token = *names[i];
    return (struct indexer){.streams = streams, .n_streams = n};
}

static void test_transfers_are_kept_of_live_tokens_alone(void **state) {
    (void)state;
    const struct indexer indexer = indexer_of(N_STREAMS);
    struct transfer_log transfers[] = {{.token = both}, {.token = contract}, {.token = behind}, {.token = token}};
    struct odd_log odd[] = {{.token = behind}, {.token = both}};
    struct logs logs = {.transfers = transfers, .n_transfers = 4, .odd = odd, .n_odd = 2};
    live_keep(&indexer, &logs);
    assert_int_equal(logs.n_transfers, 2);
    assert_true(address_equal(&transfers[0].token, &both) && address_equal(&transfers[1].token, &token));
    assert_int_equal(logs.n_odd, 1);
    assert_true(address_equal(&odd[0].token, &both));
}

static void test_each_kind_asks_for_its_own(void **state) {
    (void)state;
    struct indexer indexer = indexer_of(N_STREAMS);
    struct logs_filter filter;
    indexer.job.task.arena = arena_new(4096);
    assert_int_equal(live_filter(&indexer, STREAM_TRANSFERS, &filter), ERR_OK);
    assert_true(filter.kind == LOGS_TRANSFERS && filter.n_tokens == 2);
    assert_int_equal(live_filter(&indexer, STREAM_EVENTS, &filter), ERR_OK);
    assert_true(filter.kind == LOGS_EVENTS && filter.n_tokens == 3);
    assert_true(address_equal(&filter.tokens[2], &behind));
    arena_free(indexer.job.task.arena);
    const struct indexer first = indexer_of(1);
    assert_true(live_any_of(&first, STREAM_TRANSFERS) && !live_any_of(&first, STREAM_EVENTS));
}

static void test_a_token_is_not_its_contract(void **state) {
    (void)state;
    (void)indexer_of(N_STREAMS);
    assert_false(index_stream_same(&streams[0], &streams[1]));
    assert_true(index_stream_same(&streams[1], &streams[1]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfers_are_kept_of_live_tokens_alone),
        cmocka_unit_test(test_each_kind_asks_for_its_own),
        cmocka_unit_test(test_a_token_is_not_its_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
