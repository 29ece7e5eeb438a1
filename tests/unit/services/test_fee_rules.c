/* Fees reckoned from what nodes tell: the next base fee as EIP-1559 has it, bids as blocks were paid.
 * Owns nothing.
 * Runs on one thread, from the root of the checkout. */
#include "vectors.h"

#include "services/fee_rules.h"

static u256 number(uint64_t value) {
    return u256_from_u64(value);
}

static void assert_amount(const u256 *amount, uint64_t expected) {
    assert_true(u256_fits_u64(amount));
    assert_int_equal(amount->limb[0], expected);
}

static u256 from_hex(const char *text) {
    u256 out;
    assert_int_equal(u256_from_hex(&out, text, strlen(text)), ERR_OK);
    return out;
}

static void test_base_fee_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "base_fees.tsv");
    while (vectors_next(&v, 4)) {
        u256 base_fee = from_hex(v.fields[0]), expected = from_hex(v.fields[3]);
        u256 next =
            fee_rules_next_base_fee(&base_fee, strtoull(v.fields[1], NULL, 10), strtoull(v.fields[2], NULL, 10));
        if (u256_cmp(&next, &expected) != 0) fail_msg("%s %s %s", v.fields[0], v.fields[1], v.fields[2]);
    }
    vectors_close(&v, 500);
}

enum { GWEI = 1000000000, LIMIT = 30000000 };

/* A chain that keeps to the rule: a parent at 1 gwei that was full, a head at 1.125 gwei that is empty. */
static struct fee_facts by_rule(void) {
    return (struct fee_facts){
        .head = {.gas_used = 0, .gas_limit = LIMIT, .has_base_fee = true, .base_fee = number(1125000000)},
        .has_parent = true,
        .parent = {.gas_used = LIMIT, .gas_limit = LIMIT, .has_base_fee = true, .base_fee = number(GWEI)},
        .suggested = FEE_SUGGESTED_TIP,
        .suggestion = number(1000),
    };
}

/* Block i of n has used this much and paid i + 1, ten times that and a hundred times that. */
static void add_history(struct fee_facts *facts, size_t n, const uint32_t *used) {
    struct fee_history *history = &facts->history;
    history->n = n;
    history->has_rewards = true;
    for (size_t i = 0; i < n; i++) {
        history->used[i] = used[i];
        history->base_fees[i] = number(100 + i);
        for (uint64_t p = 0, times = 1; p < FEE_PERCENTILES; p++, times *= 10) {
            history->rewards[i][p] = number(used[i] > 0 ? (i + 1) * times : 0);
        }
    }
    history->base_fees[n] = number(777);
}

static void test_the_rule_where_the_chain_keeps_to_it(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    add_history(&facts, 2, (const uint32_t[]){FEE_ALL_USED, 0});
    fee_rules_reckon(&fees, &facts);
    assert_true(fees.has_base_fee);
    assert_amount(&fees.base_fee, 1125000000);
    assert_amount(&fees.next_base_fee, 984375000); /* and not what the node says */
    assert_int_equal(fees.gas_used_percent, 50);
    u256 low = fees.next_base_fee, high = fees.next_base_fee;
    for (int i = 0; i < 5; i++) {
        low = fee_rules_next_base_fee(&low, 0, LIMIT);
        high = fee_rules_next_base_fee(&high, LIMIT, LIMIT);
    }
    assert_amount(&fees.forecast_low, low.limb[0]);
    assert_amount(&fees.forecast_high, high.limb[0]);
    assert_true(low.limb[0] < 984375000 && high.limb[0] > 984375000);
}

static void test_what_nodes_forecast_where_it_does_not(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    facts.head.base_fee = number(1125000001);
    add_history(&facts, 3, (const uint32_t[]){FEE_ALL_USED, 0, 0});
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.next_base_fee, 777);
    assert_amount(&fees.forecast_low, 100);
    assert_amount(&fees.forecast_high, 777);
    facts.history.n = 0;
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.next_base_fee, 1125000001); /* nobody tells more */
    assert_amount(&fees.forecast_high, 1125000001);
}

static void test_the_first_block_shows_no_rule(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    facts.has_parent = false;
    add_history(&facts, 1, (const uint32_t[]){0});
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.next_base_fee, 777);
    facts = by_rule();
    facts.parent.has_base_fee = false; /* the fork itself */
    add_history(&facts, 1, (const uint32_t[]){0});
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.next_base_fee, 777);
}

static void test_bids_are_medians_of_blocks_with_transactions(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    add_history(&facts, 6, (const uint32_t[]){1, 0, 500000, 0, 0, FEE_ALL_USED}); /* paid 1, 3 and 6 */
    fee_rules_reckon(&fees, &facts);
    const uint64_t room = 2 * fees.next_base_fee.limb[0];
    for (uint64_t speed = 0, paid = 3; speed < FEE_SPEED_COUNT; speed++, paid *= 10) {
        assert_amount(&fees.speeds[speed].priority_fee, paid);
        assert_amount(&fees.speeds[speed].max_fee, room + paid);
    }
    add_history(&facts, 4, (const uint32_t[]){1, 2, 0, 3}); /* paid 1, 2 and 4 */
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.speeds[FEE_SLOW].priority_fee, 2);
    add_history(&facts, 4, (const uint32_t[]){1, 2, 3, 4}); /* of two in the middle, the one that gets in sooner */
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.speeds[FEE_SLOW].priority_fee, 3);
}

static void test_suggestions_where_nobody_paid(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    add_history(&facts, 2, (const uint32_t[]){0, 0});
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.speeds[FEE_SLOW].priority_fee, 1000);
    assert_amount(&fees.speeds[FEE_STANDARD].priority_fee, 1000);
    assert_amount(&fees.speeds[FEE_FAST].priority_fee, 1250);
    facts.suggested = FEE_SUGGESTED_PRICE;
    facts.suggestion = number(984375000 + 7);
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.speeds[FEE_SLOW].priority_fee, 7); /* beyond the next base fee */
    facts.suggestion = number(5);
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.speeds[FEE_SLOW].priority_fee, 0);
    assert_amount(&fees.speeds[FEE_FAST].priority_fee, 0);
}

static void test_chains_where_nobody_tips(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    add_history(&facts, 2, (const uint32_t[]){FEE_ALL_USED, 1000});
    memset(facts.history.rewards, 0, sizeof facts.history.rewards);
    fee_rules_reckon(&fees, &facts);
    for (unsigned speed = 0; speed < FEE_SPEED_COUNT; speed++) {
        assert_amount(&fees.speeds[speed].priority_fee, 0); /* the suggestion is not asked */
        assert_amount(&fees.speeds[speed].max_fee, 2 * fees.next_base_fee.limb[0]);
    }
}

static void test_chains_without_a_base_fee(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    facts.head.has_base_fee = facts.parent.has_base_fee = false;
    facts.suggested = FEE_SUGGESTED_PRICE;
    fee_rules_reckon(&fees, &facts);
    assert_false(fees.has_base_fee || fees.has_blob_base_fee);
    assert_amount(&fees.speeds[FEE_SLOW].max_fee, 1000);
    assert_amount(&fees.speeds[FEE_FAST].max_fee, 1250);
    assert_amount(&fees.speeds[FEE_FAST].priority_fee, 0);
    add_history(&facts, 1, (const uint32_t[]){1});
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.speeds[FEE_FAST].max_fee, 100); /* as was paid */
}

static void test_the_largest_fees(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    const u256 most = {{UINT64_MAX, UINT64_MAX}};
    facts.head.base_fee = facts.suggestion = most;
    facts.history.n = FEE_HISTORY_BLOCKS;
    for (size_t i = 0; i < FEE_HISTORY_BLOCKS; i++) {
        facts.history.used[i] = FEE_ALL_USED;
        facts.history.base_fees[i] = facts.history.base_fees[i + 1] = most;
    }
    fee_rules_reckon(&fees, &facts);
    assert_int_equal(u256_cmp(&fees.speeds[FEE_FAST].max_fee, &most), 1);
    facts.parent.base_fee = number(0);
    facts.head.base_fee = number(1); /* the rule, from 0 */
    facts.head.gas_used = LIMIT;
    fee_rules_reckon(&fees, &facts);
    assert_amount(&fees.next_base_fee, 2);
    assert_int_equal(fees.gas_used_percent, 100);
}

static void test_blobs_are_passed_on(void **state) {
    (void)state;
    struct fee_facts facts = by_rule();
    struct fees fees;
    facts.has_blob_base_fee = true;
    facts.blob_base_fee = number(42);
    fee_rules_reckon(&fees, &facts);
    assert_true(fees.has_blob_base_fee);
    assert_amount(&fees.blob_base_fee, 42);
}

static void test_room_for_gas(void **state) {
    (void)state;
    static const uint64_t rows[][2] = {{0, 21000},           {20999, 21000},          {21000, 21000},
                                       {21001, 25201},       {100000, 120000},        {2500000, 3000000},
                                       {10000000, 10500000}, {UINT64_MAX, UINT64_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(fee_rules_gas_limit(rows[i][0]) == rows[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_fee_vectors),
        cmocka_unit_test(test_the_rule_where_the_chain_keeps_to_it),
        cmocka_unit_test(test_what_nodes_forecast_where_it_does_not),
        cmocka_unit_test(test_the_first_block_shows_no_rule),
        cmocka_unit_test(test_bids_are_medians_of_blocks_with_transactions),
        cmocka_unit_test(test_suggestions_where_nobody_paid),
        cmocka_unit_test(test_chains_where_nobody_tips),
        cmocka_unit_test(test_chains_without_a_base_fee),
        cmocka_unit_test(test_the_largest_fees),
        cmocka_unit_test(test_blobs_are_passed_on),
        cmocka_unit_test(test_room_for_gas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
