/* Tests eth/address with EIP-55's own examples, with viem's checksums, and by properties over random addresses. */
#include "../vectors.h"

#include <ctype.h>

#include "eth/address.h"

enum { TEXT_LEN = ADDRESS_TEXT_BYTES - 1 };

static void assert_parses(const char *text, const address *expected) {
    address parsed;
    assert_int_equal(address_parse(&parsed, text, strlen(text)), ERR_OK);
    assert_memory_equal(parsed.bytes, expected->bytes, sizeof(parsed.bytes));
}

/* In: how, toupper or tolower. */
static void change_case(char out[ADDRESS_TEXT_BYTES], const char *text, int (*how)(int)) {
    memcpy(out, text, 2);
    for (size_t i = 2; i <= TEXT_LEN; i++) out[i] = (char)how((unsigned char)text[i]);
}

static bool has(const char *text, int (*kind)(int)) {
    for (const char *p = text + 2; *p != '\0'; p++) {
        if (kind((unsigned char)*p)) return true;
    }
    return false;
}

static address random_address(void) {
    address a;
    for (size_t i = 0; i < sizeof(a.bytes); i++) a.bytes[i] = (uint8_t)(random() >> 8);
    return a;
}

static void test_eip55_examples(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "eip55.txt");
    while (vectors_next(&v, 1)) {
        size_t n;
        uint8_t *bytes = vectors_bytes(&n, v.fields[0]);
        address a;
        assert_int_equal(n, sizeof(a.bytes));
        memcpy(a.bytes, bytes, n);
        char text[ADDRESS_TEXT_BYTES];
        assert_ptr_equal(address_format(text, &a), text);
        assert_string_equal(text, v.fields[0]);
        assert_parses(text, &a);
        free(bytes);
    }
    vectors_close(&v, 8);
}

static void test_viem_checksums(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "addresses.tsv");
    while (vectors_next(&v, 2)) {
        address a;
        char text[ADDRESS_TEXT_BYTES];
        assert_int_equal(address_parse(&a, v.fields[0], strlen(v.fields[0])), ERR_OK);
        assert_string_equal(address_format(text, &a), v.fields[1]);
        assert_parses(v.fields[1], &a);
    }
    vectors_close(&v, 200);
}

static void test_any_uniform_case_is_taken(void **state) {
    (void)state;
    for (int round = 0; round < 200; round++) {
        address a = random_address();
        char text[ADDRESS_TEXT_BYTES], other[ADDRESS_TEXT_BYTES];
        address_format(text, &a);
        assert_parses(text, &a);
        change_case(other, text, tolower);
        assert_parses(other, &a);
        change_case(other, text, toupper);
        assert_parses(other, &a);
        other[1] = 'X';
        assert_parses(other, &a);
        text[1] = 'X';
        assert_parses(text, &a);
    }
}

static void test_every_case_flip_is_caught(void **state) {
    (void)state;
    size_t flips = 0;
    for (int round = 0; round < 200; round++) {
        address a = random_address();
        char text[ADDRESS_TEXT_BYTES];
        address_format(text, &a);
        for (size_t i = 2; i < TEXT_LEN; i++) {
            if (!isalpha((unsigned char)text[i])) continue;
            text[i] ^= 0x20;
            if (has(text, islower) && has(text, isupper)) {
                address untouched = a;
                assert_int_equal(address_parse(&untouched, text, TEXT_LEN), ERR_CHECKSUM_MISMATCH);
                assert_true(address_equal(&untouched, &a));
                flips++;
            }
            text[i] ^= 0x20;
        }
    }
    assert_true(flips > 2000);
}

static void test_other_lengths_refused(void **state) {
    (void)state;
    const char text[] = "0x27b1fdb04752bbc536007a920d24acb045561c2600000000";
    for (size_t len = 0; len < sizeof(text); len++) {
        address a;
        enum err expected = len == TEXT_LEN ? ERR_OK : ERR_INVALID_ADDRESS;
        assert_int_equal(address_parse(&a, text, len), expected);
    }
    address a;
    assert_int_equal(address_parse(&a, NULL, 0), ERR_INVALID_ADDRESS);
}

static void test_other_characters_refused(void **state) {
    (void)state;
    for (size_t at = 0; at < TEXT_LEN; at++) {
        for (int c = 0; c < 256; c++) {
            char text[] = "0x0123456789012345678901234567890123456789"; /* no letter: no checksum */
            text[at] = (char)c;
            bool allowed = at == 0 ? c == '0' : at == 1 ? c == 'x' || c == 'X' : isxdigit(c) != 0;
            address a = {{1}};
            assert_int_equal(address_parse(&a, text, TEXT_LEN), allowed ? ERR_OK : ERR_INVALID_ADDRESS);
            if (!allowed) assert_int_equal(a.bytes[0], 1);
        }
    }
}

/* Held against a walk from the front. */
static void test_places_in_sorted_items(void **state) {
    (void)state;
    struct item {
        address key;
        char rest;
    } items[6];
    for (size_t n = 0; n <= 6; n++) {
        for (size_t i = 0; i < n; i++) items[i] = (struct item){.key = {{(uint8_t)(2 * i + 2)}}};
        for (uint8_t first = 1; first < 16; first++) {
            const address wanted = {{first}};
            bool found;
            size_t want = 0;
            while (want < n && address_compare(&items[want], &wanted) < 0) want++;
            assert_int_equal(address_place(&found, items, n, sizeof *items, &wanted), want);
            assert_int_equal(found, want < n && address_equal(&items[want].key, &wanted));
        }
    }
}

static void test_malformed_beats_checksum(void **state) {
    (void)state;
    address a;
    const char *text = "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg"; /* wrong case and no hex */
    assert_int_equal(address_parse(&a, text, TEXT_LEN), ERR_INVALID_ADDRESS);
}

static void test_equal(void **state) {
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        address a = random_address(), b = a;
        assert_true(address_equal(&a, &b));
        b.bytes[i] ^= 1;
        assert_false(address_equal(&a, &b));
    }
}

static void test_hash32(void **state) {
    (void)state;
    const char text[] = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    char back[HASH32_TEXT_BYTES];
    hash32 h, other;
    assert_int_equal(hash32_parse(&h, text, strlen(text)), ERR_OK);
    assert_string_equal(hash32_format(back, &h), text);
    assert_int_equal(hash32_parse(&other, "0xDDF252AD1BE2C89B69C2B068FC378DAA952BA7F163C4A11628F55A4DF523B3EF", 66),
                     ERR_OK);
    assert_true(hash32_equal(&h, &other));
    other.bytes[31] ^= 1;
    assert_false(hash32_equal(&h, &other));
    assert_int_equal(hash32_parse(&other, text, 65), ERR_INVALID_PARAMETER);
    assert_int_equal(hash32_parse(&other, text + 2, 64), ERR_INVALID_PARAMETER);
}

/* Texts are kept by the last bytes, two of them for each. */
static void test_addresses_that_end_alike(void **state) {
    (void)state;
    enum { N = 4 };
    char first[N][ADDRESS_TEXT_BYTES], again[ADDRESS_TEXT_BYTES];
    address all[N];
    for (size_t i = 0; i < N; i++) {
        memset(all[i].bytes, (int)(0xa1 + 0x1b * i), sizeof all[i].bytes);
        memset(all[i].bytes + 10, 0xfe, 10);
        (void)address_format(first[i], &all[i]);
        for (size_t other = 0; other < i; other++) assert_string_not_equal(first[i], first[other]);
    }
    for (size_t i = 0; i < 200; i++) {
        size_t which = (size_t)random() % (i < 100 ? 2 : N);
        assert_string_equal(address_format(again, &all[which]), first[which]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_that_end_alike),
        cmocka_unit_test(test_eip55_examples),
        cmocka_unit_test(test_viem_checksums),
        cmocka_unit_test(test_any_uniform_case_is_taken),
        cmocka_unit_test(test_every_case_flip_is_caught),
        cmocka_unit_test(test_other_lengths_refused),
        cmocka_unit_test(test_other_characters_refused),
        cmocka_unit_test(test_places_in_sorted_items),
        cmocka_unit_test(test_malformed_beats_checksum),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_hash32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
