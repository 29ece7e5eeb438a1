/* base64url against the standard's vectors and another implementation; every text that is not the one right spelling.
 * Owns nothing.
 * Runs on one thread. */
#include "vectors.h"

#include "core/base64url.h"

static void test_vectors_both_ways(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "base64url.tsv");
    while (vectors_next(&v, 2)) {
        size_t len, text_len = strlen(v.fields[1]);
        uint8_t *bytes = vectors_bytes(&len, v.fields[0]);
        char *text = malloc(text_len + 1);
        uint8_t *back = malloc(len > 0 ? len : 1);
        assert_int_equal(base64url_encode(text, bytes, len), text_len);
        assert_string_equal(text, v.fields[1]);
        assert_int_equal(base64url_decode(back, len, v.fields[1], text_len), len);
        assert_memory_equal(back, bytes, len);
        if (len > 0) assert_int_equal(base64url_decode(back, len - 1, v.fields[1], text_len), -1);
        free(back);
        free(text);
        free(bytes);
    }
    vectors_close(&v, 100);
}

static void test_refuses_what_is_not_the_one_spelling(void **state) {
    (void)state;
    static const char *const rows[] = {
        "A",       "AAAAA",                          /* a character that belongs to no byte */
        "Zg==",    "Zg=",    "Zm9=",       "Zm9v=",  /* padding */
        "Zh",      "Zv",     "Z_",         "Zm9vYh", /* spare bits: of "Zg" four */
        "Zm9",     "Zm-",    "Zm9vYmF",              /* and of "Zm8" two */
        "Zm 9",    "Zm9v\n", " Zm9v",                /* spaces */
        "Zm+v",    "Zm/v",                           /* base64's own characters */
        "Zm9\x80", "Zm.v",   "\xc3\xa4Zm",
    };
    uint8_t out[16];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(base64url_decode(out, sizeof out, rows[i], strlen(rows[i])), -1);
    }
    assert_int_equal(base64url_decode(out, sizeof out, "Zm\0v", 4), -1);
    assert_int_equal(base64url_decode(out, sizeof out, NULL, 0), 0);
    assert_int_equal(base64url_decode(out, sizeof out, "Zm9vYmFy", 4), 3); /* only as much as it was given */
}

/* Of all characters, 64 are taken, and no two give the same bits. */
static void test_characters(void **state) {
    (void)state;
    bool seen[64] = {false};
    size_t taken = 0;
    for (int c = 0; c < 256; c++) {
        uint8_t out[3];
        const char text[4] = {'A', 'A', 'A', (char)c};
        if (base64url_decode(out, sizeof out, text, 4) < 0) continue;
        assert_true(out[2] < 64 && !seen[out[2]]);
        seen[out[2]] = true;
        taken++;
    }
    assert_int_equal(taken, 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_both_ways),
        cmocka_unit_test(test_refuses_what_is_not_the_one_spelling),
        cmocka_unit_test(test_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
