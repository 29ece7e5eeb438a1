/* Tests eth/transaction_cost against what anvil calls nothing below, and BigInt's sums; eth/contract_address against
 * viem. Owns libsecp256k1's context for the time of the group.
 * Runs on one thread, from the root of the checkout. */
#include "../vectors.h"

#include "eth/contract_address.h"
#include "eth/transaction_cost.h"

static int start(void **state) {
    (void)state;
    signature_start();
    return 0;
}

static int stop(void **state) {
    (void)state;
    signature_stop();
    return 0;
}

static void test_gas_and_cost_are_those_of_the_vectors(void **state) {
    unsigned types[TRANSACTION_SET_CODE + 1] = {0}, over = 0;
    struct vectors v;
    (void)state;
    vectors_open(&v, "transaction_costs.tsv");
    while (vectors_next(&v, 3)) {
        char problem[TRANSACTION_PROBLEM_BYTES], text[U256_DEC_BYTES] = "over";
        struct transaction tx;
        u256 cost;
        size_t n;
        uint8_t *raw = vectors_bytes(&n, v.fields[0]);
        assert_int_equal(transaction_decode(&tx, problem, raw, n), ERR_OK);
        assert_int_equal(transaction_intrinsic_gas(&tx), strtoull(v.fields[1], NULL, 10));
        if (transaction_max_cost(&cost, &tx)) {
            over++;
        } else {
            (void)u256_to_dec(text, &cost);
        }
        assert_string_equal(text, v.fields[2]);
        types[tx.type]++;
        free(raw);
    }
    vectors_close(&v, 100);
    for (size_t i = 0; i <= TRANSACTION_SET_CODE; i++) assert_true(types[i] > 0);
    assert_true(over > 0);
}

/* Each of the sums by itself. */
static void test_costs_that_no_balance_covers(void **state) {
    const u256 max = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}}, one = u256_from_u64(1);
    const struct transaction txs[] = {
        {.gas = 2, .max_fee_per_gas = max},
        {.n_blob_hashes = 1, .max_fee_per_blob_gas = max},
        {.gas = 1, .max_fee_per_gas = one, .value = max},
        {.n_blob_hashes = 1, .max_fee_per_blob_gas = one, .value = max},
    };
    u256 cost;
    (void)state;
    for (size_t i = 0; i < sizeof txs / sizeof *txs; i++) {
        if (!transaction_max_cost(&cost, &txs[i])) fail_msg("row %zu", i);
    }
    const struct transaction most = {.gas = 1, .max_fee_per_gas = max};
    assert_false(transaction_max_cost(&cost, &most));
    assert_int_equal(u256_cmp(&cost, &max), 0);
}

static void test_contracts_come_to_be_where_viem_has_them(void **state) {
    struct vectors v;
    (void)state;
    vectors_open(&v, "contract_addresses.tsv");
    while (vectors_next(&v, 3)) {
        address sender, contract, expected;
        assert_int_equal(address_parse(&sender, v.fields[0], strlen(v.fields[0])), ERR_OK);
        assert_int_equal(address_parse(&expected, v.fields[2], strlen(v.fields[2])), ERR_OK);
        contract_address(&contract, &sender, strtoull(v.fields[1], NULL, 10));
        assert_true(address_equal(&contract, &expected));
    }
    vectors_close(&v, 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gas_and_cost_are_those_of_the_vectors),
        cmocka_unit_test(test_costs_that_no_balance_covers),
        cmocka_unit_test(test_contracts_come_to_be_where_viem_has_them),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
