/* A node's message is withheld from the log when it repeats a part of its URL or of a header that may be a key.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rpc/attempt_log.h"

static void test_messages_that_repeat_the_url(void **state) {
    (void)state;
    static const struct {
        const char *url;
        const char *message;
        bool leaks;
    } rows[] = {
        {"https://node.example/v2/0123456789abcdef", "key 0123456789abcdef is not allowed", true},
        {"https://node.example/v2/0123456789abcdef", "key 0123456789abcde is not allowed", false},
        {"https://node.example/v2/0123456789abcdef", "cannot POST /v2/0123456789abcdef", true},
        {"https://node.example/?apikey=0123456789abcdef&x=1", "bad key: 0123456789abcdef", true},
        {"https://user:password1@node.example/", "password1 is wrong", true},
        {"https://node.example/v2", "node.example is overloaded", true},
        {"https://node.example/v2", "v2 is gone", false}, /* too short to be a secret */
        {"http://127.0.0.1:8545", "execution reverted", false},
        {"0123456789abcdef", "0123456789abcdef", true},
        {"", "anything", false},
        {"Authorization: Bearer 0123456789abcdef", "no such key: 0123456789abcdef", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(attempt_log_leaks(rows[i].url, rows[i].message), rows[i].leaks);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_that_repeat_the_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
