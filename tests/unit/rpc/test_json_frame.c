/* Where one JSON value ends in a stream, whatever the pieces it comes in.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "rpc/json_frame.h"

enum { MAX_BYTES = 1000 };

static const struct row {
    const char *text;
    enum json_frame_state state;
    size_t len; /* of the frame */
} rows[] = {
    {"{}", JSON_FRAME_WHOLE, 2},
    {"[]", JSON_FRAME_WHOLE, 2},
    {"{}{}", JSON_FRAME_WHOLE, 2},
    {"{}\n{}", JSON_FRAME_WHOLE, 2},
    {" \t\r\n{}\n", JSON_FRAME_WHOLE, 6},
    {"{\"id\":1,\"result\":\"0x66\"}\n", JSON_FRAME_WHOLE, 24},
    {"[{\"a\":[1,{\"b\":[]}]},2]x", JSON_FRAME_WHOLE, 22},
    {"{\"a\":\"}\"}]", JSON_FRAME_WHOLE, 9},  /* a bracket in a string */
    {"{\"a\\\"}\":1}", JSON_FRAME_WHOLE, 10}, /* a quote in a string */
    {"[\"\\\\\"]\"]", JSON_FRAME_WHOLE, 6},   /* a backslash at a string's end */
    {"[\"\\u005d\"]", JSON_FRAME_WHOLE, 10},
    {"{\"a\" nonsense 1}", JSON_FRAME_WHOLE, 16}, /* validity is the parser's */
    {"", JSON_FRAME_OPEN, 0},
    {" \n", JSON_FRAME_OPEN, 2},
    {"{", JSON_FRAME_OPEN, 1},
    {"[\"]\\", JSON_FRAME_OPEN, 4},
    {"[\"]\\\"]", JSON_FRAME_OPEN, 6},
    {"{\"a\":[{}]", JSON_FRAME_OPEN, 9},
    {"1", JSON_FRAME_BROKEN, 1},
    {"\"{}\"", JSON_FRAME_BROKEN, 1},
    {"null", JSON_FRAME_BROKEN, 1},
    {"HTTP/1.1 400", JSON_FRAME_BROKEN, 1},
    {"}", JSON_FRAME_BROKEN, 1},
    {"[}", JSON_FRAME_BROKEN, 2},
    {"{\"a\":[}]", JSON_FRAME_BROKEN, 7},
    {"\xef\xbb\xbf{}", JSON_FRAME_BROKEN, 1}, /* a byte order mark */
};

static void test_frames(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_frame frame;
        json_frame_init(&frame, MAX_BYTES);
        size_t taken = json_frame_take(&frame, rows[i].text, strlen(rows[i].text));
        assert_int_equal(frame.state, rows[i].state);
        assert_int_equal(frame.len, rows[i].len);
        assert_int_equal(taken, rows[i].len);
    }
}

static void test_any_split_gives_the_same_frames(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].text);
        for (size_t split = 0; split <= len; split++) {
            struct json_frame frame;
            json_frame_init(&frame, MAX_BYTES);
            size_t taken = json_frame_take(&frame, rows[i].text, split);
            if (frame.state == JSON_FRAME_OPEN) assert_int_equal(taken, split);
            taken += json_frame_take(&frame, rows[i].text + split, len - split);
            assert_int_equal(frame.state, rows[i].state);
            assert_int_equal(taken, rows[i].len);
        }
    }
}

static void test_nul_is_a_byte_like_others(void **state) {
    (void)state;
    struct json_frame frame;
    json_frame_init(&frame, MAX_BYTES);
    assert_int_equal(json_frame_take(&frame, "[\"\0]\"]", 7), 6);
    assert_int_equal(frame.state, JSON_FRAME_WHOLE);
    json_frame_init(&frame, MAX_BYTES);
    assert_int_equal(json_frame_take(&frame, "\0{}", 3), 1);
    assert_int_equal(frame.state, JSON_FRAME_BROKEN);
}

static void test_depth_is_bounded(void **state) {
    (void)state;
    char text[130];
    struct json_frame frame;
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    json_frame_init(&frame, MAX_BYTES);
    assert_int_equal(json_frame_take(&frame, text + 1, 128), 128);
    assert_int_equal(frame.state, JSON_FRAME_WHOLE);
    json_frame_init(&frame, MAX_BYTES);
    assert_int_equal(json_frame_take(&frame, text, 130), 65);
    assert_int_equal(frame.state, JSON_FRAME_BROKEN);
}

static void test_length_is_bounded(void **state) {
    (void)state;
    struct json_frame frame;
    json_frame_init(&frame, 4);
    assert_int_equal(json_frame_take(&frame, "[12]", 4), 4);
    assert_int_equal(frame.state, JSON_FRAME_WHOLE);
    json_frame_init(&frame, 4);
    assert_int_equal(json_frame_take(&frame, "[123]", 5), 4);
    assert_int_equal(frame.state, JSON_FRAME_TOO_LONG);
    json_frame_init(&frame, 4);
    assert_int_equal(json_frame_take(&frame, "    []", 6), 4); /* white space counts, or it could go on for ever */
    assert_int_equal(frame.state, JSON_FRAME_TOO_LONG);
}

static void test_a_frame_that_has_ended_takes_nothing(void **state) {
    (void)state;
    struct json_frame frame;
    json_frame_init(&frame, MAX_BYTES);
    assert_int_equal(json_frame_take(&frame, "{}", 2), 2);
    assert_int_equal(json_frame_take(&frame, "{}", 2), 0);
    assert_int_equal(frame.state, JSON_FRAME_WHOLE);
    assert_int_equal(frame.len, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_any_split_gives_the_same_frames),
        cmocka_unit_test(test_nul_is_a_byte_like_others),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_length_is_bounded),
        cmocka_unit_test(test_a_frame_that_has_ended_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
