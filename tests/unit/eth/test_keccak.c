/* Tests eth/keccak against the known answers of the Keccak submission and against viem at every length around the
 * sponge's rate. */
#include "../vectors.h"

#include "eth/keccak.h"

static void assert_hash(const uint8_t *message, size_t len, const char *expected_hex) {
    size_t n;
    uint8_t *expected = vectors_bytes(&n, expected_hex);
    uint8_t hash[32];
    assert_int_equal(n, sizeof(hash));
    keccak256(hash, message, len);
    assert_memory_equal(hash, expected, sizeof(hash));
    free(expected);
}

static void test_known_answers(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "keccak256_kat.tsv");
    while (vectors_next(&v, 2)) {
        size_t len;
        uint8_t *message = vectors_bytes(&len, v.fields[0]);
        assert_hash(message, len, v.fields[1]);
        free(message);
    }
    vectors_close(&v, 10);
}

static void test_every_length(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "keccak256_lengths.tsv");
    while (vectors_next(&v, 2)) {
        size_t len = strtoul(v.fields[0], NULL, 10);
        uint8_t *message = malloc(len + 1);
        for (size_t i = 0; i < len; i++) message[i + 1] = (uint8_t)(31 * i + 7);
        assert_hash(message + 1, len, v.fields[1]); /* off by one: input needs no alignment */
        free(message);
    }
    vectors_close(&v, 410);
}

/* Of one message, cut in two at every place, and byte by byte. */
static void test_in_parts(void **state) {
    (void)state;
    uint8_t message[3 * KECCAK_RATE_BYTES + 5], whole[32], parts[32];
    for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)(31 * i + 7);
    keccak256(whole, message, sizeof message);
    struct keccak bytewise = {.n = 0};
    for (size_t i = 0; i < sizeof message; i++) {
        struct keccak keccak = {.n = 0};
        keccak_add(&keccak, message, i);
        keccak_add(&keccak, message + i, sizeof message - i);
        keccak_end(parts, &keccak);
        assert_memory_equal(parts, whole, sizeof whole);
        keccak_add(&bytewise, message + i, 1);
    }
    keccak_end(parts, &bytewise);
    assert_memory_equal(parts, whole, sizeof whole);
}

static void test_empty_message_may_be_null(void **state) {
    (void)state;
    assert_hash(NULL, 0, "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_in_parts),
        cmocka_unit_test(test_empty_message_may_be_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
