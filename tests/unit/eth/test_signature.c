/* Whose a signature is: thousands that viem made, and every way in which one can be none.
 * Owns libsecp256k1's context for the time of the group.
 * Runs on one thread, from the root of the checkout. */
#include "vectors.h"
#include "death.h"

#include "eth/signature.h"

enum { PLAIN = 65, COMPACT = 64, MAX_BYTES = 130 };

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

static void check_whose(const char *wanted, const uint8_t *data, size_t len, const hash32 *hash) {
    struct signature signature;
    address signer;
    size_t n;
    uint8_t *whose = vectors_bytes(&n, wanted);
    assert_int_equal(n, sizeof signer.bytes);
    assert_int_equal(signature_parse(&signature, data, len), ERR_OK);
    assert_int_equal(signature_recover(&signer, &signature, hash), ERR_OK);
    assert_memory_equal(signer.bytes, whose, n);
    free(whose);
}

/* That is all that tells the forms apart: recovering once is enough, which is slow under valgrind. */
static void check_same(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) {
    struct signature first, second;
    assert_int_equal(signature_parse(&first, a, a_len), ERR_OK);
    assert_int_equal(signature_parse(&second, b, b_len), ERR_OK);
    assert_memory_equal(first.r, second.r, sizeof first.r);
    assert_memory_equal(first.s, second.s, sizeof first.s);
    assert_int_equal(first.y_parity, second.y_parity);
}

static void test_recovers_whom_viem_signed_for(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "recover.tsv");
    while (vectors_next(&v, 4)) {
        size_t message_len, plain_len, compact_len;
        uint8_t *message = vectors_bytes(&message_len, v.fields[0]);
        uint8_t *plain = vectors_bytes(&plain_len, v.fields[2]);
        uint8_t *compact = vectors_bytes(&compact_len, v.fields[3]);
        hash32 hash;
        message_hash(&hash, message, message_len);
        assert_int_equal(plain_len, PLAIN);
        assert_int_equal(compact_len, COMPACT);
        check_whose(v.fields[1], plain, plain_len, &hash);
        check_same(compact, compact_len, plain, plain_len);
        plain[PLAIN - 1] = (uint8_t)(plain[PLAIN - 1] - 27);
        check_same(compact, compact_len, plain, plain_len);
        free(message);
        free(plain);
        free(compact);
    }
    vectors_close(&v, 2000);
}

static void check_edge(const char *what, const char *whose, const uint8_t *data, size_t len) {
    struct signature signature;
    address signer;
    hash32 hash;
    memset(hash.bytes, 0x11, sizeof hash.bytes);
    enum err err = signature_parse(&signature, data, len);
    if (strcmp(whose, "malformed") == 0) {
        if (err != ERR_INVALID_SIGNATURE) fail_msg("%s: was taken", what);
        return;
    }
    if (err != ERR_OK) fail_msg("%s: was refused", what);
    if (strcmp(whose, "nobody") == 0) {
        assert_int_equal(signature_recover(&signer, &signature, &hash), ERR_INVALID_SIGNATURE);
    } else {
        check_whose(whose, data, len, &hash);
    }
}

static void test_edges(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "signature_edges.tsv");
    while (vectors_next(&v, 3)) {
        size_t len;
        uint8_t *data = vectors_bytes(&len, v.fields[2]);
        check_edge(v.fields[0], v.fields[1], data, len);
        free(data);
    }
    vectors_close(&v, 50);
}

static void test_every_length_but_two_is_refused(void **state) {
    (void)state;
    uint8_t data[MAX_BYTES];
    struct signature signature;
    memset(data, 1, sizeof data);
    for (size_t len = 0; len <= sizeof data; len++) {
        enum err expected = len == PLAIN || len == COMPACT ? ERR_OK : ERR_INVALID_SIGNATURE;
        assert_int_equal(signature_parse(&signature, data, len), expected);
    }
}

static void test_every_v_but_four_is_refused(void **state) {
    (void)state;
    uint8_t data[PLAIN];
    struct signature signature;
    memset(data, 1, sizeof data);
    for (unsigned v = 0; v <= UINT8_MAX; v++) {
        bool good = v <= 1 || v == 27 || v == 28;
        data[PLAIN - 1] = (uint8_t)v;
        assert_int_equal(signature_parse(&signature, data, sizeof data), good ? ERR_OK : ERR_INVALID_SIGNATURE);
        if (good) assert_int_equal(signature.y_parity, (v + 1) % 2 ^ (v < 27));
    }
}

static void test_addresses_of_public_keys(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "public_keys.tsv");
    while (vectors_next(&v, 2)) {
        size_t key_len, len;
        uint8_t *key = vectors_bytes(&key_len, v.fields[0]);
        uint8_t *wanted = vectors_bytes(&len, v.fields[1]);
        address out;
        assert_int_equal(key_len, PUBLIC_KEY_BYTES);
        address_from_public_key(&out, key);
        assert_memory_equal(out.bytes, wanted, sizeof out.bytes);
        free(key);
        free(wanted);
    }
    vectors_close(&v, 200);
}

static void test_hashes_of_messages(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "eip191.tsv");
    while (vectors_next(&v, 2)) {
        size_t message_len, len;
        uint8_t *message = vectors_bytes(&message_len, v.fields[0]);
        uint8_t *wanted = vectors_bytes(&len, v.fields[1]);
        hash32 hash;
        message_hash(&hash, message, message_len);
        assert_memory_equal(hash.bytes, wanted, sizeof hash.bytes);
        free(message);
        free(wanted);
    }
    vectors_close(&v, 25);
}

/* Blinding costs nothing that is seen: the same again with another context. */
static void test_starts_again(void **state) {
    (void)state;
    signature_stop();
    signature_start();
    test_edges(state);
}

static void test_starting_twice_is_a_bug(void **state) {
    (void)state;
    assert_aborts(signature_start);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovers_whom_viem_signed_for),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_every_length_but_two_is_refused),
        cmocka_unit_test(test_every_v_but_four_is_refused),
        cmocka_unit_test(test_addresses_of_public_keys),
        cmocka_unit_test(test_hashes_of_messages),
        cmocka_unit_test(test_starts_again),
        cmocka_unit_test(test_starting_twice_is_a_bug),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
