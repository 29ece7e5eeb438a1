/* Every limit on ranges that nodes are known to name is understood as tests/vectors/log_limits.tsv says.
 * Owns nothing.
 * Runs on one thread, from the root of the checkout. */
#include "vectors.h"

#include "rpc/errors.h"
#include "rpc/log_hint.h"

enum { FROM = 1, TO = 1000, MIN_ROWS = 30 };

static void test_known_limits(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "log_limits.tsv");
    while (vectors_next(&v, 5)) {
        const char *text = v.fields[4];
        struct log_hint hint = log_hint_read(text, strlen(text), FROM, TO);
        bool right = hint.too_many_blocks == (v.fields[1][0] == '1') &&
                     hint.max_blocks == strtoull(v.fields[2], NULL, 10) && hint.to == strtoull(v.fields[3], NULL, 10);
        if (!right) {
            fail_msg("%s: %d %llu %llu", v.fields[0], hint.too_many_blocks, (unsigned long long)hint.max_blocks,
                     (unsigned long long)hint.to);
        }
    }
    vectors_close(&v, MIN_ROWS);
}

/* What the hint is read from has to be taken for too much in the first place. */
static void test_real_ones_are_too_large(void **state) {
    (void)state;
    struct vectors v;
    size_t n = 0;
    vectors_open(&v, "log_limits.tsv");
    while (vectors_next(&v, 5) && strcmp(v.fields[0], "nothing") != 0) {
        const char *text = v.fields[4];
        if (rpc_error_classify(200, -32000, text, strlen(text)) != RPC_TOO_LARGE) fail_msg("%s", v.fields[0]);
        n++;
    }
    vectors_close(&v, 1);
    assert_true(n > 20);
}

static void test_nothing_is_read_past_the_end(void **state) {
    (void)state;
    static const char text[] = "this block range should work: [0x1, 0x21]";
    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = malloc(len > 0 ? len : 1);
        memcpy(copy, text, len);
        uint64_t to = log_hint_read(copy, len, FROM, TO).to;
        assert_true(to == 0 || (to == 2 && len == sizeof text - 3) || (to == 33 && len >= sizeof text - 2));
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_limits),
        cmocka_unit_test(test_real_ones_are_too_large),
        cmocka_unit_test(test_nothing_is_read_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
