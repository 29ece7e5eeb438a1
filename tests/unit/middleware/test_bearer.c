/* The Authorization header: which texts hold a token, and which.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "middleware/bearer.h"

/* A copy that ends where it ends, so that reading on is seen. */
static bool parse(char out[64], const char *text) {
    size_t len = strlen(text), token_len;
    char *copy = malloc(len + 1);
    const char *token;
    assert_non_null(copy);
    memcpy(copy, text, len);
    copy = realloc(copy, len > 0 ? len : 1);
    assert_non_null(copy);
    bool ok = bearer_parse(&token, &token_len, copy, len);
    if (ok) {
        assert_in_range(token_len, 1, 63);
        memcpy(out, token, token_len);
        out[token_len] = '\0';
    }
    free(copy);
    return ok;
}

static void test_tokens(void **state) {
    (void)state;
    static const struct {
        const char *text, *token;
    } rows[] = {
        {"Bearer mF_9.B5f-4.1JqM", "mF_9.B5f-4.1JqM"}, /* RFC 6750, 2.1 */
        {"bearer a", "a"},
        {"BEARER   a", "a"},
        {"Bearer a=", "a="},
        {"Bearer a==", "a=="},
        {"Bearer aZ09-._~+/", "aZ09-._~+/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char token[64];
        if (!parse(token, rows[i].text)) fail_msg("%s", rows[i].text);
        assert_string_equal(token, rows[i].token);
    }
}

static void test_what_is_none(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "B",
        "Bearer",
        "Bearer ",
        "Bearer   ",
        "Bearer\ta",
        "Bearera",
        "Bearer =",
        "Bearer a b",
        "Bearer a ",
        " Bearer a",
        "Bearer a,",
        "Bearer a=b",
        "Bearer \"a\"",
        "Beare a",
        "Basic a",
        "Bearer a, Bearer b",
        "a",
        "Bearer a\n",
        "Bearer \xc3\xa9",
        "Bearer token=a b",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char token[64];
        if (parse(token, rows[i])) fail_msg("\"%s\" is \"%s\"", rows[i], token);
    }
}

static void test_a_nul_is_no_token(void **state) {
    (void)state;
    const char *token;
    size_t len;
    assert_false(bearer_parse(&token, &len, "Bearer \0", 8));
    assert_false(bearer_parse(&token, &len, "Bearer a\0b", 10));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_a_nul_is_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
