/* What contract wallets are asked, and what counts as their yes: as viem encodes it and as anvil ran it.
 * Owns nothing.
 * Runs on one thread, from the root of the checkout. */
#include "vectors.h"

#include "eth/contract_signature.h"

enum { WORD = 32, MAX_CODE_BYTES = 49152 };

static const uint8_t yes[WORD] = {0x16, 0x26, 0xba, 0x7e};

static void check_written(const struct buf *out, const char *wanted_text, const char *what) {
    size_t len;
    uint8_t *wanted = vectors_bytes(&len, wanted_text);
    assert_false(out->failed);
    if (out->len != len || memcmp(out->data, wanted, len) != 0) fail_msg("%s: something else was written", what);
    free(wanted);
}

static hash32 hash_of(const char *text) {
    hash32 hash;
    assert_int_equal(hash32_parse(&hash, text, strlen(text)), ERR_OK);
    return hash;
}

static address address_of(const char *text) {
    address a;
    assert_int_equal(address_parse(&a, text, strlen(text)), ERR_OK);
    return a;
}

static void test_calldata(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "erc1271_calls.tsv");
    while (vectors_next(&v, 3)) {
        size_t len;
        uint8_t *signature = vectors_bytes(&len, v.fields[1]);
        hash32 hash = hash_of(v.fields[0]);
        struct buf out;
        buf_init(&out, MAX_CODE_BYTES);
        contract_signature_encode(&out, &hash, signature, len);
        check_written(&out, v.fields[2], v.fields[1]);
        buf_free(&out);
        free(signature);
    }
    vectors_close(&v, 14);
}

static void check_bytes(const uint8_t *bytes, size_t len, const char *wanted_text) {
    size_t wanted_len;
    uint8_t *wanted = vectors_bytes(&wanted_len, wanted_text);
    assert_int_equal(len, wanted_len);
    if (len > 0) assert_memory_equal(bytes, wanted, len);
    free(wanted);
}

static void test_unwraps_what_viem_wrapped(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "erc6492.tsv");
    while (vectors_next(&v, 4)) {
        size_t len;
        uint8_t *data = vectors_bytes(&len, v.fields[3]);
        address factory = address_of(v.fields[0]);
        struct wrapped_signature wrapped;
        assert_true(contract_signature_is_wrapped(data, len));
        assert_int_equal(contract_signature_unwrap(&wrapped, data, len), ERR_OK);
        assert_true(address_equal(&wrapped.factory, &factory));
        check_bytes(wrapped.factory_data, wrapped.factory_data_len, v.fields[1]);
        check_bytes(wrapped.signature, wrapped.len, v.fields[2]);
        free(data);
    }
    vectors_close(&v, 14 * 14);
}

/* One byte in front, behind, away or another one, anywhere but where content stands. */
static void test_unwraps_nothing_else(void **state) {
    (void)state;
    enum { CONTENT = 0x55, SIZE = 8 * WORD };
    uint8_t good[SIZE + 1] = {[63] = 0x60, [95] = 0xa0, [127] = WORD, [191] = WORD};
    struct wrapped_signature wrapped;
    memset(good + 12, CONTENT, 20);
    memset(good + 128, CONTENT, WORD);
    memset(good + 192, CONTENT, WORD);
    for (size_t i = SIZE - WORD; i < SIZE; i += 2) memcpy(good + i, "\x64\x92", 2);
    assert_int_equal(contract_signature_unwrap(&wrapped, good, SIZE), ERR_OK);
    assert_int_equal(wrapped.factory_data_len, WORD);
    assert_int_equal(wrapped.len, WORD);
    for (size_t i = 0; i < SIZE; i++) {
        uint8_t copy[SIZE];
        memcpy(copy, good, SIZE);
        for (unsigned change = 1; change <= UINT8_MAX; change++) {
            copy[i] = (uint8_t)(good[i] ^ change);
            enum err expected = good[i] == CONTENT ? ERR_OK : ERR_INVALID_SIGNATURE;
            if (contract_signature_unwrap(&wrapped, copy, SIZE) != expected) fail_msg("byte %zu as %u", i, copy[i]);
        }
    }
    assert_int_equal(contract_signature_unwrap(&wrapped, good, SIZE + 1), ERR_INVALID_SIGNATURE);
    assert_int_equal(contract_signature_unwrap(&wrapped, good + 1, SIZE - 1), ERR_INVALID_SIGNATURE);
    assert_int_equal(contract_signature_unwrap(&wrapped, good + WORD, SIZE - WORD), ERR_INVALID_SIGNATURE);
    assert_int_equal(contract_signature_unwrap(&wrapped, good + SIZE - WORD, WORD), ERR_INVALID_SIGNATURE);
}

/* A whole word more or less between the parts: the lengths agree, the offsets do not. */
static void test_parts_that_lie_elsewhere(void **state) {
    (void)state;
    enum { SIZE = 7 * WORD };
    uint8_t data[SIZE] = {[63] = 0x60, [95] = 0x80};
    struct wrapped_signature wrapped;
    for (size_t i = SIZE - WORD; i < SIZE; i += 2) memcpy(data + i, "\x64\x92", 2);
    assert_int_equal(contract_signature_unwrap(&wrapped, data, SIZE), ERR_INVALID_SIGNATURE); /* a word too many */
    data[127] = 1; /* counted in, but not by the offset */
    assert_int_equal(contract_signature_unwrap(&wrapped, data, SIZE), ERR_INVALID_SIGNATURE);
    data[95] = 0xa0;
    assert_int_equal(contract_signature_unwrap(&wrapped, data, SIZE), ERR_OK);
    data[128 + WORD - 1] = 1; /* behind the one byte that counts */
    assert_int_equal(contract_signature_unwrap(&wrapped, data, SIZE), ERR_INVALID_SIGNATURE);
    memset(data + 96, 0xff, WORD); /* no number that fits */
    assert_int_equal(contract_signature_unwrap(&wrapped, data, SIZE), ERR_INVALID_SIGNATURE);
}

static void test_wrapped_or_not(void **state) {
    (void)state;
    uint8_t data[2 * WORD] = {0};
    for (size_t i = WORD; i < sizeof data; i += 2) memcpy(data + i, "\x64\x92", 2);
    assert_true(contract_signature_is_wrapped(data, sizeof data));
    assert_true(contract_signature_is_wrapped(data + WORD, WORD));
    assert_false(contract_signature_is_wrapped(data + WORD + 1, WORD - 1));
    assert_false(contract_signature_is_wrapped(data, sizeof data - 1));
    assert_false(contract_signature_is_wrapped(data, 0));
    data[sizeof data - 1] ^= 1;
    assert_false(contract_signature_is_wrapped(data, sizeof data));
}

static void test_init_code_that_anvil_ran(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "wallet_checks.tsv");
    while (vectors_next(&v, 6)) {
        size_t len;
        uint8_t *signature = vectors_bytes(&len, v.fields[3]);
        address wallet = address_of(v.fields[1]);
        hash32 hash = hash_of(v.fields[2]);
        struct wrapped_signature wrapped;
        struct buf out;
        assert_true(len <= CONTRACT_SIGNATURE_MAX_BYTES);
        assert_int_equal(contract_signature_unwrap(&wrapped, signature, len), ERR_OK);
        buf_init(&out, MAX_CODE_BYTES);
        contract_signature_encode_deployment(&out, &wallet, &hash, &wrapped);
        check_written(&out, v.fields[4], v.fields[0]);
        buf_free(&out);
        free(signature);
    }
    vectors_close(&v, 50);
}

static void test_what_counts_as_yes(void **state) {
    (void)state;
    uint8_t data[2 * WORD] = {0};
    memcpy(data, yes, WORD);
    for (size_t len = 0; len <= sizeof data; len++)
        assert_int_equal(contract_signature_is_valid(data, len), len == WORD);
    for (size_t i = 0; i < WORD; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            data[i] = (uint8_t)(yes[i] ^ 1U << bit);
            assert_false(contract_signature_is_valid(data, WORD));
        }
        data[i] = yes[i];
    }
    assert_true(contract_signature_is_valid(data, WORD));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calldata),
        cmocka_unit_test(test_unwraps_what_viem_wrapped),
        cmocka_unit_test(test_unwraps_nothing_else),
        cmocka_unit_test(test_parts_that_lie_elsewhere),
        cmocka_unit_test(test_wrapped_or_not),
        cmocka_unit_test(test_init_code_that_anvil_ran),
        cmocka_unit_test(test_what_counts_as_yes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
