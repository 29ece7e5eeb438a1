/* SipHash-2-4 against another implementation's output, for every length that takes a different path.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/siphash.h"

static void test_vectors(void **state) {
    (void)state;
    const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    FILE *file = fopen("tests/vectors/siphash24.tsv", "r");
    assert_non_null(file);
    char line[256];
    size_t rows = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#') continue;
        size_t len;
        unsigned long long want;
        assert_int_equal(sscanf(line, "%zu %llx", &len, &want), 2);
        uint8_t message[64];
        assert_true(len <= sizeof message);
        for (size_t i = 0; i < len; i++) message[i] = (uint8_t)i;
        assert_true(siphash24(key, message, len) == want);
        rows++;
    }
    assert_int_equal(rows, 64);
    (void)fclose(file);
}

static void test_each_half_of_the_key_matters(void **state) {
    (void)state;
    const uint64_t keys[3][2] = {{1, 2}, {3, 2}, {1, 4}};
    uint64_t first = siphash24(keys[0], "text", 4);
    assert_true(first != siphash24(keys[1], "text", 4));
    assert_true(first != siphash24(keys[2], "text", 4));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_each_half_of_the_key_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
