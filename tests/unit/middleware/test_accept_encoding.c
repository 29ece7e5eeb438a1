/* Whether a client takes gzip: the examples of RFC 9110, what browsers send, and what nobody should.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "middleware/accept_encoding.h"

/* In memory of exactly its size, so that ASan sees each overrun. */
static bool accepts(const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool yes = accepts_gzip(copy, len);
    free(copy);
    return yes;
}

static void test_yes(void **state) {
    (void)state;
    static const char *const rows[] = {
        "gzip",
        "gzip, deflate, br, zstd",
        "compress, gzip",
        "*",
        "compress;q=0.5, gzip;q=1.0",
        "gzip;q=1.0, identity; q=0.5, *;q=0",
        "*;q=0, gzip",
        "*;q=0.5",
        "GZIP",
        "gZip;Q=0.1",
        "x-gzip",
        "X-GZIP;q=0.001",
        "br,gzip",
        " gzip ",
        "\tgzip\t;\tq=1\t",
        "gzip;q=0.001",
        "gzip;q=0.01",
        "gzip;q=1",
        "gzip;q=1.000",
        "gzip;q = 0.5",
        "gzip ; q=0.5",
        ",,gzip,,",
        "br;q=0, gzip",
        "gzip;level=9",
        "gzip;level=0;q=1",
        "identity;q=0, *",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!accepts(rows[i], strlen(rows[i]))) fail_msg("\"%s\"", rows[i]);
    }
}

static void test_no(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        " ",
        ",",
        ";",
        "identity",
        "br",
        "deflate, br",
        "gzip;q=0",
        "gzip;q=0.0",
        "gzip;q=0.000",
        "gzip; q=0",
        "gzip ; Q = 0",
        "*;q=0",
        "identity, *;q=0",
        "*, gzip;q=0", /* listed by name: the star is for the others */
        "gzip;q=0, *",
        "gzip;q=0, *;q=1",
        "gzip;level=9;q=0",
        "x-gzip;q=0",
        "gzipped",
        "zgzip",
        "gzi",
        "x-gzipp",
        "g zip",
        "gzip/1",
        "br;gzip",
        "br;q=gzip",
        "br;x=\"gzip\"",
        "**",
        "*/*",
        "gzip;q=",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (accepts(rows[i], strlen(rows[i]))) fail_msg("\"%s\"", rows[i]);
    }
}

static void test_the_length_counts(void **state) {
    (void)state;
    assert_false(accepts("gzip", 3));
    assert_true(accepts("gzip;q=0", 4));
    assert_true(accepts("gzipped", 4));
    assert_false(accepts("gzip\0", 5));
    assert_false(accepts("\0gzip", 5));
    assert_true(accepts("a\0,gzip", 7));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yes),
        cmocka_unit_test(test_no),
        cmocka_unit_test(test_the_length_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
