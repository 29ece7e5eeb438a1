/* Keys of requests that may be sent again. Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "services/replay.h"

static void test_keys(void **state) {
    char text[IDEMPOTENCY_KEY_MAX_BYTES + 2];
    struct replay replay;
    (void)state;
    memset(text, '~', sizeof text);
    text[IDEMPOTENCY_KEY_MAX_BYTES] = '\0';
    assert_true(replay_make(&replay, "!", "", 0));
    assert_true(replay_make(&replay, text, "", 0));
    assert_ptr_equal(replay.text, text);
    assert_ptr_equal(replay_idempotency(&replay), &replay.idempotency);
    assert_null(replay_idempotency(NULL));
    text[IDEMPOTENCY_KEY_MAX_BYTES] = '~';
    text[IDEMPOTENCY_KEY_MAX_BYTES + 1] = '\0';
    assert_false(replay_make(&replay, text, "", 0));
}

static void test_what_is_no_key(void **state) {
    static const char *const texts[] = {"", " ", "a b", "a\t", "a\x7f", "\xc3\xa9"};
    struct replay replay;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) assert_false(replay_make(&replay, texts[i], "", 0));
}

/* The hashes are SHA-256 of the texts; those of "abc" and of nothing are in FIPS 180-4's examples. */
static void test_hashes(void **state) {
    static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea}, nothing[] = {0xe3, 0xb0, 0xc4, 0x42};
    struct replay replay;
    (void)state;
    assert_true(replay_make(&replay, "abc", "", 0));
    assert_memory_equal(replay.idempotency.key_hash, abc, sizeof abc);
    assert_memory_equal(replay.idempotency.fingerprint, nothing, sizeof nothing);
    assert_true(replay_make(&replay, "x", "abc", 3));
    assert_memory_equal(replay.idempotency.fingerprint, abc, sizeof abc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_what_is_no_key),
        cmocka_unit_test(test_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
