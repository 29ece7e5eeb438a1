/* Everything a node is known to say of a transaction means what tests/vectors/tx_verdicts.tsv says it means.
 * Owns nothing.
 * Runs on one thread, from the root of the checkout. */
#include "vectors.h"

#include "rpc/tx_send.h"

enum { MIN_ROWS = 290 };

static void test_known_words(void **state) {
    (void)state;
    struct vectors v;
    unsigned seen[TX_VERDICT_COUNT] = {0};
    vectors_open(&v, "tx_verdicts.tsv");
    while (vectors_next(&v, 4)) {
        enum tx_verdict verdict = tx_verdict_of(strtoll(v.fields[1], NULL, 10), v.fields[3], strlen(v.fields[3]));
        const char *name = tx_verdict_info(verdict)->name;
        if (strcmp(name, v.fields[2]) != 0)
            fail_msg("%s: \"%s\" is %s, not %s", v.fields[0], v.fields[3], name, v.fields[2]);
        seen[verdict]++;
    }
    vectors_close(&v, MIN_ROWS);
    for (unsigned i = 0; i < TX_VERDICT_COUNT; i++) assert_true(seen[i] > 0);
}

static void test_case_does_not_matter(void **state) {
    (void)state;
    assert_int_equal(tx_verdict_of(0, "NONCE TOO LOW", 13), TX_NONCE_USED);
    assert_int_equal(tx_verdict_of(0, "Already Known", 13), TX_TAKEN);
}

/* The reason of a revert is a contract's own text: it may claim anything. */
static void test_a_revert_is_no_promise(void **state) {
    (void)state;
    static const char text[] = "execution reverted: already known, nonce too low, txpool is full";
    assert_int_equal(tx_verdict_of(-32000, text, sizeof text - 1), TX_REFUSED);
}

static void test_text_is_bounded(void **state) {
    (void)state;
    char text[1024];
    memset(text, ' ', sizeof text);
    memcpy(text + 1000, "already known", 13);
    assert_int_equal(tx_verdict_of(0, text, sizeof text), TX_UNCERTAIN);
    memcpy(text + 400, "already known", 13);
    assert_int_equal(tx_verdict_of(0, text, sizeof text), TX_TAKEN);
    assert_int_equal(tx_verdict_of(0, text + 400, 12), TX_UNCERTAIN);
}

/* What leaves the transaction's fate open is no error; what a client is told is public and differs. */
static void test_what_clients_are_told(void **state) {
    (void)state;
    for (unsigned i = 0; i < TX_VERDICT_COUNT; i++) {
        const struct tx_verdict_info *info = tx_verdict_info((enum tx_verdict)i);
        assert_int_equal(info->err == ERR_OK, i <= TX_UNCERTAIN);
        assert_int_equal(info->detail[0] == '\0', i == TX_TAKEN);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(info->name, tx_verdict_info((enum tx_verdict)j)->name);
            assert_true(info->err == ERR_OK || info->err != tx_verdict_info((enum tx_verdict)j)->err);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_words),
        cmocka_unit_test(test_case_does_not_matter),
        cmocka_unit_test(test_a_revert_is_no_promise),
        cmocka_unit_test(test_text_is_bounded),
        cmocka_unit_test(test_what_clients_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
