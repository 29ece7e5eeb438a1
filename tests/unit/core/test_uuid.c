/* UUIDs: the standard's example as text, every wrong text, and what a new one must be.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/uuid.h"

/* RFC 9562, appendix A.6: version 7 of 2022-02-22T19:22:22Z. */
static const char example[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
static const uint8_t example_bytes[16] = {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3,
                                          0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};

static void test_text_both_ways(void **state) {
    (void)state;
    uuid id;
    char text[UUID_TEXT_BYTES];
    assert_int_equal(uuid_parse(&id, example, 36), ERR_OK);
    assert_memory_equal(id.bytes, example_bytes, 16);
    assert_ptr_equal(uuid_format(text, &id), text);
    assert_string_equal(text, example);
    assert_int_equal(uuid_parse(&id, "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", 36), ERR_OK);
    assert_memory_equal(id.bytes, example_bytes, 16);
}

static void test_refuses_everything_else(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4dc-0c0c07398f",
        "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398 ",
        "017f22e2-79b0-7cc3-98c4--c0c0c07398f",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uuid id;
        memset(&id, 0x55, sizeof id);
        assert_int_equal(uuid_parse(&id, rows[i], strlen(rows[i])), ERR_INVALID_PARAMETER);
        for (size_t k = 0; k < sizeof id.bytes; k++) assert_int_equal(id.bytes[k], 0x55);
    }
    uuid id;
    assert_int_equal(uuid_parse(&id,
                                "017f22e2-79b0-7cc3-98c4-dc0c0c07\0"
                                "98f",
                                36),
                     ERR_INVALID_PARAMETER);
    assert_int_equal(uuid_parse(&id, NULL, 0), ERR_INVALID_PARAMETER);
}

static void test_equal_looks_at_every_byte(void **state) {
    (void)state;
    uuid a, b;
    memcpy(a.bytes, example_bytes, 16);
    for (size_t i = 0; i < 16; i++) {
        b = a;
        assert_true(uuid_equal(&a, &b));
        b.bytes[i] ^= 1;
        assert_false(uuid_equal(&a, &b));
    }
}

static uint64_t ms_of(const uuid *id) {
    uint64_t ms = 0;
    for (size_t i = 0; i < 6; i++) ms = ms << 8 | id->bytes[i];
    return ms;
}

/* Time by libc; of the other bits, that each comes both ways and that none repeats as a whole. */
static void test_a_new_one_has_time_version_and_chance(void **state) {
    (void)state;
    uint8_t ones[16] = {0}, zeros[16] = {0};
    uuid last = {{0}};
    for (int n = 0; n < 200; n++) {
        uint64_t before_s = (uint64_t)time(NULL);
        uuid id = uuid_new();
        assert_in_range(ms_of(&id), before_s * 1000, ((uint64_t)time(NULL) + 1) * 1000);
        assert_int_equal(id.bytes[6] >> 4, 7);
        assert_int_equal(id.bytes[8] >> 6, 2);
        assert_false(uuid_equal(&id, &last));
        for (size_t i = 6; i < 16; i++) {
            ones[i] |= id.bytes[i];
            zeros[i] |= (uint8_t)~id.bytes[i];
        }
        last = id;
    }
    for (size_t i = 6; i < 16; i++) {
        uint8_t fixed = i == 6 ? 0xf0 : i == 8 ? 0xc0 : 0;
        assert_int_equal((ones[i] & zeros[i]) | fixed, 0xff);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_both_ways),
        cmocka_unit_test(test_refuses_everything_else),
        cmocka_unit_test(test_equal_looks_at_every_byte),
        cmocka_unit_test(test_a_new_one_has_time_version_and_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
