/* Digests and MACs against the standards' own examples and another implementation; what must not be the same twice.
 * Owns nothing.
 * Runs on one thread. */
#include "vectors.h"

#include "core/digest.h"

static void test_sha256_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "sha256.tsv");
    while (vectors_next(&v, 2)) {
        size_t data_len, digest_len;
        uint8_t *data = vectors_bytes(&data_len, v.fields[0]), *digest = vectors_bytes(&digest_len, v.fields[1]);
        uint8_t out[SHA256_BYTES];
        sha256(out, data, data_len);
        assert_int_equal(digest_len, SHA256_BYTES);
        assert_memory_equal(out, digest, SHA256_BYTES);
        free(digest);
        free(data);
    }
    vectors_close(&v, 130);
}

static void test_hmac_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "hmac_sha256.tsv");
    while (vectors_next(&v, 3)) {
        size_t key_len, data_len, mac_len;
        uint8_t *key = vectors_bytes(&key_len, v.fields[0]), *data = vectors_bytes(&data_len, v.fields[1]);
        uint8_t *mac = vectors_bytes(&mac_len, v.fields[2]), out[SHA256_BYTES];
        hmac_sha256(out, key, key_len, data, data_len);
        assert_int_equal(mac_len, SHA256_BYTES);
        assert_memory_equal(out, mac, SHA256_BYTES);
        free(mac);
        free(data);
        free(key);
    }
    vectors_close(&v, 75);
}

static void test_equal_looks_at_every_byte(void **state) {
    (void)state;
    uint8_t a[40], b[40];
    for (size_t i = 0; i < sizeof a; i++) a[i] = b[i] = (uint8_t)(i * 7);
    assert_true(digest_equal(a, b, sizeof a));
    assert_true(digest_equal(a, "x", 0));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] ^= 0x80;
        assert_false(digest_equal(a, b, sizeof a));
        assert_true(digest_equal(a, b, i));
        b[i] ^= 0x80;
    }
}

/* Longer than what the kernel gives in one piece. A byte that is never touched would be the same in all rounds. */
static void test_random_fills_everything(void **state) {
    (void)state;
    uint8_t first[1000], again[1000];
    bool changed[1000] = {false};
    secure_random(first, sizeof first);
    for (int round = 0; round < 12; round++) {
        memset(again, 0, sizeof again);
        secure_random(again, sizeof again);
        for (size_t i = 0; i < sizeof again; i++) changed[i] |= again[i] != first[i];
    }
    for (size_t i = 0; i < sizeof changed; i++) assert_true(changed[i]);
    secure_random(first, 0);
}

static void test_wipe_leaves_zeros(void **state) {
    (void)state;
    uint8_t secret[33];
    memset(secret, 0xaa, sizeof secret);
    secure_wipe(secret, 32);
    for (size_t i = 0; i < 32; i++) assert_int_equal(secret[i], 0);
    assert_int_equal(secret[32], 0xaa);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_vectors),
        cmocka_unit_test(test_hmac_vectors),
        cmocka_unit_test(test_equal_looks_at_every_byte),
        cmocka_unit_test(test_random_fills_everything),
        cmocka_unit_test(test_wipe_leaves_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
