/* The questions about one transaction, and what their answers are taken for: whether nodes have it, what most of them
 * say, which one has used its nonce, and sending it.
 * One world for each test, made by set_up.
 * Runs on one thread. */
#include "indexer/tx_world.h"

static bool ask_one(enum tx_act act) {
    world.cases[0].decision = (struct tx_decision){.act = act};
    return tx_ask_one(&world.task, &world.follower, &world.view, &world.cases[0]);
}

static enum tx_known ask_known(uint64_t seconds) {
    world.view.steady_s += seconds;
    world.view.now_s -= 5000; /* somebody sets the clock */
    assert_true(ask_one(TX_ASK_KNOWN));
    assert_int_equal(world.cases[0].note.looked_s, world.view.steady_s);
    return world.cases[0].facts.known;
}

static void test_how_long_nobody_has_it(void **state) {
    (void)state;
    struct tx_facts *facts = &world.cases[0].facts;
    assert_int_equal(ask_known(0), TX_KNOWN_TO_NONE);
    assert_int_equal(facts->missing_s, 0);
    assert_int_equal(ask_known(60), TX_KNOWN_TO_NONE);
    assert_int_equal(facts->missing_s, 60);
    world.read_err = ERR_UPSTREAM_UNAVAILABLE;
    assert_int_equal(ask_known(5), TX_KNOWN_UNCLEAR);
    assert_int_equal(facts->missing_s, 65); /* silence says nothing, either way */
    world.read_err = ERR_OK;
    world.read.known = true;
    assert_int_equal(ask_known(5), TX_KNOWN_TO_SOME);
    assert_int_equal(facts->missing_s, 0);
    world.read.in_block = true;
    assert_int_equal(ask_known(5), TX_KNOWN_IN_BLOCK);
    world.read_err = ERR_UPSTREAM_UNAVAILABLE;
    assert_int_equal(ask_known(5), TX_KNOWN_UNCLEAR);
    assert_int_equal(world.cases[0].note.missing_since_s, 0);
    world.rows[0].state = KEPT_TX_ACCEPTED; /* which may never have got anywhere */
    (void)ask_known(5);
    (void)ask_known(5);
    assert_int_equal(facts->missing_s, 5);
}

static void test_what_most_nodes_are_asked(void **state) {
    (void)state;
    const hash32 head = hash_of(HEAD), other = hash_of(HEAD - 1);
    struct tx_facts *facts = &world.cases[0].facts;
    give_receipt(HEAD, hash_of(HEAD), false);
    ask_receipts(TX_MINED_FAILED);
    world.poll = TX_POLL_NO;
    assert_true(ask_one(TX_ASK_AGREED));
    assert_int_equal(facts->agreed, TX_AGREED_NOT);
    assert_true(world.polled_failed && hash32_equal(&world.polled, &head));
    world.rows[0].state = KEPT_TX_CONFIRMED;
    world.rows[0].block.hash = other;
    world.poll = TX_POLL_YES;
    assert_true(ask_one(TX_ASK_AGREED));
    assert_int_equal(facts->agreed, TX_AGREED);
    assert_true(!world.polled_failed && hash32_equal(&world.polled, &other));
    world.poll = TX_POLL_UNCLEAR;
    assert_true(ask_one(TX_ASK_PAST));
    assert_int_equal(facts->past, TX_AGREED_UNCLEAR);
    assert_true(hash32_equal(&world.polled, &head));
}

static enum tx_user ask_user(uint64_t past_from, uint8_t user) {
    world.past_from = past_from;
    world.user = user;
    world.used_in = 0;
    world.cases[0].has_user = false;
    assert_true(ask_one(TX_ASK_USER));
    return world.cases[0].facts.user;
}

static void test_the_user_of_a_nonce_is_searched_in_the_block_that_used_it(void **state) {
    (void)state;
    for (uint64_t number = FIRST + 1; number <= HEAD; number++) {
        assert_int_equal(ask_user(number, 0xee), TX_USER_OTHER);
        assert_int_equal(world.used_in, number);
        assert_true(world.cases[0].has_user);
    }
    world.reads = 0;
    assert_int_equal(ask_user(HEAD, 0xcd), TX_USER_ITSELF);
    assert_int_equal(world.reads, 1); /* it was most likely a moment ago */
    assert_int_equal(ask_user(HEAD, 0), TX_USER_UNCLEAR);
    assert_int_equal(ask_user(FIRST, 0xee), TX_USER_UNCLEAR); /* or before the window begins */
    assert_int_equal(world.used_in, 0);
    assert_false(world.cases[0].has_user);
    world.state_err = ERR_UPSTREAM_UNAVAILABLE;
    assert_false(ask_one(TX_ASK_USER));
}

static void test_what_sending_it_came_to_is_remembered(void **state) {
    (void)state;
    world.verdict = TX_FEE_TOO_LOW;
    assert_true(ask_one(TX_SEND));
    assert_int_equal(world.sends, 1);
    assert_true(world.cases[0].facts.sent);
    assert_int_equal(world.cases[0].facts.verdict, TX_FEE_TOO_LOW);
    assert_int_equal(world.cases[0].note.verdict, TX_FEE_TOO_LOW);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_how_long_nobody_has_it),
        TEST(test_what_most_nodes_are_asked),
        TEST(test_the_user_of_a_nonce_is_searched_in_the_block_that_used_it),
        TEST(test_what_sending_it_came_to_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
