/* What the follower asks of nodes about a page of transactions, and what it makes of their answers: places of blocks,
 * nonces and receipts.
 * One world for each test, made by set_up.
 * Runs on one thread. */
#include "indexer/tx_world.h"

static enum tx_place place_at(uint64_t number, hash32 hash) {
    world.rows[0].state = KEPT_TX_CONFIRMED;
    world.rows[0].block = (struct kept_tx_block){.number = number, .hash = hash};
    tx_ask_places(&world.task, &world.follower, &world.view, world.cases, 1);
    return world.cases[0].facts.place;
}

/* Which block is canonical far below, no node is asked by its number: it could name any. */
static void test_places(void **state) {
    (void)state;
    assert_int_equal(place_at(HEAD, hash_of(HEAD)), TX_PLACE_CANONICAL);
    assert_int_equal(place_at(FINAL + 1, hash_of(FINAL + 1)), TX_PLACE_CANONICAL);
    assert_int_equal(place_at(FINAL, hash_of(FINAL)), TX_PLACE_FINAL);
    assert_int_equal(place_at(FINAL, hash_of(1)), TX_PLACE_ORPHANED);
    assert_int_equal(place_at(HEAD, hash_of(1)), TX_PLACE_ORPHANED);
    assert_int_equal(place_at(HEAD + 1, hash_of(HEAD + 1)), TX_PLACE_UNCLEAR);
    world.follower.window.blocks[0].number = FIRST; /* nothing can be read below it */
    assert_int_equal(place_at(FIRST - 1, hash_of(FIRST - 1)), TX_PLACE_UNCLEAR);
    assert_int_equal(world.resolves, 0);
}

/* The window reaches down so far and no further. */
static void test_places_far_below(void **state) {
    (void)state;
    tx_window_free(&world.follower.window);
    tx_window_init(&world.follower.window);
    for (uint64_t number = 2000; number < 2000 + TX_WINDOW_REACH + 1; number++) {
        const struct block_ref next = block(number);
        (void)tx_window_put(&world.follower.window, &next);
    }
    world.view.final = 1500;
    assert_int_equal(place_at(1500, hash_of(1)), TX_PLACE_FINAL);
    assert_int_equal(place_at(1501, hash_of(1)), TX_PLACE_UNCLEAR);
    assert_int_equal(world.resolves, 0);
}

static void ask_nonces(size_t n) {
    world.reads = 0;
    tx_ask_nonces(&world.task, &world.follower, &world.view, world.cases, n);
}

static void test_nonces_of_one_sender_are_read_once(void **state) {
    (void)state;
    world.rows[1].nonce = NONCE + 1;
    world.rows[2].sender = (address){{0xab}};
    world.rows[3].state = KEPT_TX_CONFIRMED;
    ask_nonces(CASES);
    assert_int_equal(world.reads, 2);
    assert_int_equal(world.cases[0].facts.nonce, TX_NONCE_PAST);
    assert_int_equal(world.cases[1].facts.nonce, TX_NONCE_FREE);
    assert_int_equal(world.cases[2].facts.nonce, TX_NONCE_PAST);
    assert_int_equal(world.cases[3].facts.nonce, TX_NONCE_UNCLEAR);
}

static void test_a_free_nonce_is_not_asked_for_again_at_the_same_head(void **state) {
    (void)state;
    world.past_from = HEAD + 1;
    ask_nonces(1);
    assert_int_equal(world.reads, 1);
    world.cases[0].facts.nonce = TX_NONCE_UNCLEAR;
    ask_nonces(1);
    assert_int_equal(world.reads, 0);
    assert_int_equal(world.cases[0].facts.nonce, TX_NONCE_FREE);
    world.view.head = block(HEAD + 1);
    ask_nonces(1);
    assert_int_equal(world.reads, 1);
    assert_int_equal(world.cases[0].facts.nonce, TX_NONCE_PAST);
    ask_nonces(1);
    assert_int_equal(world.reads, 1);
}

static void test_a_read_that_fails_tells_nothing(void **state) {
    (void)state;
    world.state_err = ERR_UPSTREAM_UNAVAILABLE;
    ask_nonces(1);
    assert_int_equal(world.cases[0].facts.nonce, TX_NONCE_UNCLEAR);
    assert_false(world.cases[0].note.was_free);
}

/* At one head after the other. */
static bool is_watched_after(uint64_t seconds) {
    static uint8_t which;
    world.view.head.hash.bytes[5] = ++which;
    world.view.steady_s += seconds;
    world.view.now_s += seconds;
    ask_nonces(1);
    return world.reads > 0;
}

static void test_what_was_given_up_is_watched_more_and_more_seldom(void **state) {
    (void)state;
    static const struct {
        enum kept_tx_state state;
        uint64_t age_s;
    } rows[] = {{KEPT_TX_DROPPED, 1600}, {KEPT_TX_REFUSED, 100}};
    world.past_from = UINT64_MAX;
    for (size_t i = 0; i < 2; i++) {
        world.rows[0].state = rows[i].state;
        world.rows[0].updated_at = world.view.now_s + 1;
        world.cases[0].note.looked_s = 0;
        assert_true(is_watched_after(0));
        assert_false(is_watched_after(0));
        assert_true(is_watched_after(1));
        world.rows[0].updated_at = world.view.now_s - rows[i].age_s + 100;
        assert_false(is_watched_after(100)); /* it is as old as that now */
        world.rows[0].updated_at += 1;
        assert_true(is_watched_after(1));
        world.rows[0].updated_at = 0;
        assert_false(is_watched_after(3599));
        assert_true(is_watched_after(1));
        world.rows[0].updated_at = world.view.now_s + 5000; /* by another clock */
        assert_true(is_watched_after(1));
    }
    world.past_from = 0;
    assert_true(is_watched_after(1));
    assert_true(is_watched_after(0)); /* and now it is settled */
}

static enum tx_nonce at_final(uint64_t past_from) {
    world.rows[0].state = KEPT_TX_REPLACED;
    world.past_from = past_from;
    world.cases[0].facts.nonce_at_final = TX_NONCE_UNCLEAR;
    ask_nonces(1);
    return world.cases[0].facts.nonce_at_final;
}

static void test_replaced_ones_are_asked_for_at_the_final_block(void **state) {
    (void)state;
    assert_int_equal(at_final(FINAL), TX_NONCE_PAST);
    assert_int_equal(at_final(FINAL + 1), TX_NONCE_FREE);
    ask_nonces(1);
    assert_int_equal(world.reads, 1); /* not again, before there is another final block */
    world.view.final++;
    assert_int_equal(at_final(FINAL + 1), TX_NONCE_PAST);
}

static void test_receipts(void **state) {
    (void)state;
    give_receipt(HEAD, hash_of(HEAD), true);
    ask_receipts(TX_MINED_SUCCEEDED);
    assert_int_equal(world.cases[0].mined.timestamp, 1000 * HEAD); /* as the block has it */
    assert_int_equal(world.cases[0].mined.gas_used, 21000);
    assert_int_equal(world.cases[0].mined.index, 3);
    assert_int_equal(world.cases[0].facts.agreed, TX_AGREED_UNASKED);
    give_receipt(HEAD, hash_of(HEAD), false);
    ask_receipts(TX_MINED_FAILED);
    give_receipt(HEAD, hash_of(1), true);
    ask_receipts(TX_MINED_UNCLEAR);
    give_receipt(HEAD + 1, hash_of(HEAD + 1), true);
    ask_receipts(TX_MINED_UNCLEAR);
    give_receipt(HEAD, hash_of(HEAD), true);
    world.receipt.from = (address){{0xbb}};
    ask_receipts(TX_MINED_UNCLEAR);
    give_receipt(HEAD, hash_of(HEAD), true);
    world.receipt.gas_used = (u256){{0, 1, 0, 0}};
    ask_receipts(TX_MINED_UNCLEAR);
    world.receipt_err = ERR_UPSTREAM_ERROR;
    ask_receipts(TX_MINED_UNCLEAR);
}

static void test_one_node_has_nobody_to_agree_with(void **state) {
    (void)state;
    world.nodes = 1;
    give_receipt(HEAD, hash_of(1), true);
    ask_receipts(TX_MINED_UNCLEAR);
    assert_int_equal(world.cases[0].facts.agreed, TX_AGREED_UNASKED);
    give_receipt(HEAD, hash_of(HEAD), true);
    ask_receipts(TX_MINED_SUCCEEDED);
    assert_int_equal(world.cases[0].facts.agreed, TX_AGREED);
}

static void test_how_long_a_nonce_is_past_without_a_receipt(void **state) {
    (void)state;
    ask_receipts(TX_MINED_NOWHERE);
    assert_int_equal(world.cases[0].facts.past_s, 0);
    world.view.steady_s += 7;
    world.view.now_s -= 5000; /* somebody sets the clock */
    give_receipt(HEAD, hash_of(HEAD), true);
    ask_receipts(TX_MINED_SUCCEEDED); /* says one node, which holds up nothing */
    assert_int_equal(world.cases[0].facts.past_s, 7);
    (void)place_at(HEAD, hash_of(HEAD));
    assert_int_equal(world.cases[0].note.past_since_s, 0);
    world.rows[0].state = KEPT_TX_REPLACED;
    ask_receipts(TX_MINED_SUCCEEDED);
    assert_int_equal(world.cases[0].note.looked_s, STEADY + 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_places),
        TEST(test_places_far_below),
        TEST(test_nonces_of_one_sender_are_read_once),
        TEST(test_a_free_nonce_is_not_asked_for_again_at_the_same_head),
        TEST(test_a_read_that_fails_tells_nothing),
        TEST(test_what_was_given_up_is_watched_more_and_more_seldom),
        TEST(test_replaced_ones_are_asked_for_at_the_final_block),
        TEST(test_receipts),
        TEST(test_one_node_has_nobody_to_agree_with),
        TEST(test_how_long_a_nonce_is_past_without_a_receipt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
