/* The growing buffer against a plain array that does the same: contents, the maximum to the byte, failure that stays.
 * Each test frees the buffers it makes.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

static void assert_holds(const struct buf *buf, const char *want, size_t len) {
    assert_false(buf->failed);
    assert_int_equal(buf->len, len);
    if (len > 0) assert_memory_equal(buf->data, want, len);
}

static void test_appends_in_order(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    assert_null(buf.data);
    buf_append(&buf, "a\0b", 3);
    buf_append_str(&buf, "cd");
    buf_append_str(&buf, "");
    buf_append(&buf, NULL, 0);
    buf_append_char(&buf, '\0');
    buf_append_u64(&buf, 120);
    buf_printf(&buf, "%s=%d", "x", -1);
    assert_holds(&buf,
                 "a\0bcd\0"
                 "120x=-1",
                 13);
    buf_free(&buf);
}

static void test_numbers(void **state) {
    (void)state;
    static const unsigned long long values[] = {0, 1, 9, 10, 99, 100, UINT32_MAX, 10000000000000000000ULL, ULLONG_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char want[32];
        int len = snprintf(want, sizeof want, "%llu", values[i]);
        struct buf buf;
        buf_init(&buf, 20);
        buf_append_u64(&buf, values[i]);
        assert_holds(&buf, want, (size_t)len);
        buf_free(&buf);
    }
}

/* What each writer puts in, whole, into a buffer with room for exactly that, and into one a byte short of it. */
static void write_bytes(struct buf *buf, size_t len) {
    for (size_t i = 0; i < len; i++) buf_append_char(buf, 'x');
}
static void write_at_once(struct buf *buf, size_t len) {
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'x', len);
    text[len] = '\0';
    buf_append_str(buf, text);
    free(text);
}
static void write_formatted(struct buf *buf, size_t len) {
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'x', len);
    text[len] = '\0';
    buf_printf(buf, "%s", text);
    free(text);
}
static void write_in_place(struct buf *buf, size_t len) {
    char *at = buf_extend(buf, len);
    if (at != NULL) memset(at, 'x', len);
}

static void (*const writers[])(struct buf *, size_t) = {write_bytes, write_at_once, write_formatted, write_in_place};

static void test_maximum_is_exact(void **state) {
    (void)state;
    static const size_t lengths[] = {1, 5, 255, 256, 257, 511, 512, 513, 100000};
    for (size_t w = 0; w < sizeof writers / sizeof *writers; w++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            struct buf buf;
            buf_init(&buf, lengths[i]);
            writers[w](&buf, lengths[i]);
            assert_false(buf.failed);
            assert_int_equal(buf.len, lengths[i]);
            assert_int_equal(buf.data[lengths[i] - 1], 'x');
            assert_true(buf.cap <= buf.max);
            writers[w](&buf, 1);
            assert_true(buf.failed);
            buf_free(&buf);

            buf_init(&buf, lengths[i] - 1);
            writers[w](&buf, lengths[i]);
            assert_true(buf.failed);
            assert_true(buf.len <= lengths[i] - 1);
            buf_free(&buf);
        }
    }
}

static void test_failure_stays_until_cleared(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 4);
    buf_append_str(&buf, "abc");
    buf_append_str(&buf, "de");
    assert_true(buf.failed);
    buf_append_char(&buf, 'd'); /* would fit */
    buf_append_u64(&buf, 1);
    buf_printf(&buf, "%d", 1);
    assert_null(buf_extend(&buf, 1));
    assert_true(buf.failed);
    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.data, "abc", 3);

    const char *memory = buf.data;
    buf_clear(&buf);
    buf_append_str(&buf, "1234");
    assert_holds(&buf, "1234", 4);
    assert_ptr_equal(buf.data, memory);
    buf_free(&buf);
}

static void test_maximum_of_zero(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 0);
    buf_append(&buf, "", 0);
    buf_append_str(&buf, "");
    buf_printf(&buf, "%s", "");
    assert_holds(&buf, "", 0);
    buf_append_char(&buf, 'a');
    assert_true(buf.failed);
    buf_free(&buf);
}

static void test_a_length_past_all_memory_fails(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    buf_append_str(&buf, "abc");
    assert_null(buf_extend(&buf, SIZE_MAX));
    assert_true(buf.failed);
    buf_clear(&buf);
    assert_null(buf_extend(&buf, SIZE_MAX - 2));
    assert_true(buf.failed);
    buf_free(&buf);
}

static void test_room_for_nothing_is_no_failure(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    assert_non_null(buf_extend(&buf, 0));
    assert_holds(&buf, "", 0);
    buf_free(&buf);
}

static void test_long_formats(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 300000);
    for (int i = 0; i < 5; i++) buf_printf(&buf, "%*d", 50000, i);
    assert_false(buf.failed);
    assert_int_equal(buf.len, 250000);
    for (size_t i = 0; i < buf.len; i++) {
        assert_int_equal(buf.data[i], i % 50000 == 49999 ? '0' + (int)(i / 50000) : ' ');
    }
    buf_free(&buf);
}

static void test_take_hands_the_memory_over(void **state) {
    (void)state;
    struct buf buf;
    size_t len = 99;
    buf_init(&buf, 10);
    assert_null(buf_take(&buf, &len));
    assert_int_equal(len, 0);

    buf_append_str(&buf, "abc");
    char *memory = buf_take(&buf, &len);
    assert_int_equal(len, 3);
    assert_holds(&buf, "", 0);
    assert_null(buf.data);
    assert_int_equal(buf.max, 10);
    buf_append_str(&buf, "0123456789"); /* in new memory */
    assert_memory_equal(memory, "abc", 3);
    free(memory);
    buf_free(&buf);
}

static void test_free_leaves_it_usable(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_append_str(&buf, "abc");
    buf_free(&buf);
    buf_free(&buf);
    buf_append_str(&buf, "de");
    assert_holds(&buf, "de", 2);
    buf_free(&buf);
}

/* The same random steps on the buffer and on an array. */
struct model {
    char data[4096];
    size_t len, max;
    bool failed;
};

static void model_append(struct model *model, const char *text, size_t len) {
    if (model->failed || len == 0) return;
    if (len > model->max - model->len) {
        model->failed = true;
        return;
    }
    memcpy(model->data + model->len, text, len);
    model->len += len;
}

static void step(struct buf *buf, struct model *model, unsigned *seed) {
    char text[128];
    size_t len = (size_t)rand_r(seed) % 100;
    for (size_t i = 0; i < len; i++) text[i] = (char)('a' + rand_r(seed) % 26);
    text[len] = '\0';
    switch (rand_r(seed) % 5) {
    case 0:
        buf_append_str(buf, text);
        break;
    case 1:
        buf_printf(buf, "%s", text);
        break;
    case 2:
        buf_append(buf, text, len);
        break;
    case 3:
        len = (size_t)snprintf(text, sizeof text, "%u", (unsigned)len);
        buf_append_u64(buf, strtoull(text, NULL, 10));
        break;
    default:
        len = 1;
        buf_append_char(buf, text[0]);
        break;
    }
    model_append(model, text, len);
}

static void test_random_steps_match_a_plain_array(void **state) {
    (void)state;
    unsigned seed = 1;
    for (int round = 0; round < 300; round++) {
        struct model model = {.max = (size_t)rand_r(&seed) % sizeof model.data};
        struct buf buf;
        buf_init(&buf, model.max);
        for (int i = 0; i < 60; i++) {
            step(&buf, &model, &seed);
            assert_int_equal(buf.failed, model.failed);
            assert_int_equal(buf.len, model.len);
            if (model.len > 0) assert_memory_equal(buf.data, model.data, model.len);
        }
        buf_free(&buf);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_in_order),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_maximum_is_exact),
        cmocka_unit_test(test_failure_stays_until_cleared),
        cmocka_unit_test(test_maximum_of_zero),
        cmocka_unit_test(test_a_length_past_all_memory_fails),
        cmocka_unit_test(test_room_for_nothing_is_no_failure),
        cmocka_unit_test(test_long_formats),
        cmocka_unit_test(test_take_hands_the_memory_over),
        cmocka_unit_test(test_free_leaves_it_usable),
        cmocka_unit_test(test_random_steps_match_a_plain_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
