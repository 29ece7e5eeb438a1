/* Tests core/utf8 against Python's codec and every code point there is. */
#include "../vectors.h"

#include "core/utf8.h"

static void test_sequence_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "utf8_sequences.tsv");
    while (vectors_next(&v, 2)) {
        size_t n;
        uint8_t *bytes = vectors_bytes(&n, v.fields[0]);
        assert_int_equal(utf8_sequence(bytes, n), strtoul(v.fields[1], NULL, 10));
        free(bytes);
    }
    vectors_close(&v, 300);
}

/* Writes the bits of a code point as RFC 3629 lays them out, also where it forbids the result. */
static size_t encode(uint8_t out[4], uint32_t code) {
    static const uint8_t lead_bits[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6) out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)(lead_bits[n] | code);
    return n;
}

static void test_every_code_point(void **state) {
    (void)state;
    for (uint32_t code = 0; code < 0x200000; code++) {
        uint8_t bytes[4];
        size_t n = encode(bytes, code);
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        size_t expected = surrogate || code > 0x10ffff ? 0 : n;
        if (utf8_sequence(bytes, n) != expected) fail_msg("U+%04X", code);
        if (n > 1 && utf8_sequence(bytes, n - 1) != 0) fail_msg("U+%04X cut short", code);
    }
}

static void test_clean_vectors(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "utf8_clean.tsv");
    while (vectors_next(&v, 3)) {
        size_t n, expected_len, cap = strtoul(v.fields[1], NULL, 10);
        uint8_t *bytes = vectors_bytes(&n, v.fields[0]);
        uint8_t *expected = vectors_bytes(&expected_len, v.fields[2]);
        char *out = malloc(cap);
        assert_int_equal(utf8_clean(out, cap, bytes, n), expected_len);
        assert_memory_equal(out, expected, expected_len);
        assert_int_equal(out[expected_len], '\0');
        free(out);
        free(expected);
        free(bytes);
    }
    vectors_close(&v, 200);
}

static void test_clean_of_nothing(void **state) {
    (void)state;
    char out[4] = "abc";
    assert_int_equal(utf8_clean(out, sizeof(out), NULL, 0), 0);
    assert_string_equal(out, "");
}

/* Unicode's Bidi_Control characters and its two separators are left out, and nothing beside them. */
static void test_clean_of_marks_of_direction(void **state) {
    (void)state;
    static const unsigned left_out[] = {0x61c,  0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b,
                                        0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069};
    size_t dropped = 0;
    for (unsigned point = 0x600; point < 0x3000; point++) {
        uint8_t text[3] = {(uint8_t)(0xe0 | point >> 12), (uint8_t)(0x80 | (point >> 6 & 63)),
                           (uint8_t)(0x80 | (point & 63))};
        bool is_short = point < 0x800;
        if (is_short) text[1] = (uint8_t)(0xc0 | point >> 6);
        char out[8];
        bool want_none = false;
        for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) want_none |= left_out[i] == point;
        size_t n = utf8_clean(out, sizeof out, is_short ? text + 1 : text, is_short ? 2 : 3);
        assert_int_equal(n == 0, want_none);
        dropped += n == 0;
    }
    assert_int_equal(dropped, sizeof left_out / sizeof *left_out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequence_vectors),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_clean_vectors),
        cmocka_unit_test(test_clean_of_nothing),
        cmocka_unit_test(test_clean_of_marks_of_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
