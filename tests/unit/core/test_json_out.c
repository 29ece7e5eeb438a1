/* The JSON writer, judged by jansson: what it wrote must parse to what was meant.
 * Each test frees its buffer and its trees.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_out.h"
#include "death.h"

enum { MAX_TEXT_BYTES = 1024 * 1024 };

struct written {
    struct buf buf;
    struct json_out out;
};

static void begin(struct written *w) {
    buf_init(&w->buf, MAX_TEXT_BYTES);
    json_out_init(&w->out, &w->buf);
}

static void assert_written(struct written *w, const char *want) {
    assert_false(w->buf.failed);
    assert_int_equal(w->buf.len, strlen(want));
    assert_memory_equal(w->buf.data, want, w->buf.len);
    buf_free(&w->buf);
}

/* The caller frees the tree. */
static json_t *parse(struct written *w) {
    json_error_t error;
    assert_false(w->buf.failed);
    json_t *tree =
        json_loadb(w->buf.data, w->buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (tree == NULL) fail_msg("%.*s: %s at %d", (int)w->buf.len, w->buf.data, error.text, error.position);
    buf_free(&w->buf);
    return tree;
}

static void test_exact_text(void **state) {
    (void)state;
    struct written w;
    begin(&w);
    json_out_object_begin(&w.out);
    json_out_key_str(&w.out, "s", "x");
    json_out_key_str(&w.out, "none", NULL);
    json_out_key_u64(&w.out, "n", 7);
    json_out_key_bool(&w.out, "t", true);
    json_out_key_bool(&w.out, "f", false);
    json_out_key_null(&w.out, "z");
    json_out_key(&w.out, "e");
    json_out_object_begin(&w.out);
    json_out_object_end(&w.out);
    json_out_key(&w.out, "a");
    json_out_array_begin(&w.out);
    json_out_i64(&w.out, -1);
    json_out_array_begin(&w.out);
    json_out_array_end(&w.out);
    json_out_raw(&w.out, "[1, 2]", 6);
    json_out_str(&w.out, "");
    json_out_array_end(&w.out);
    json_out_object_end(&w.out);
    assert_written(&w, "{\"s\":\"x\",\"none\":null,\"n\":7,\"t\":true,\"f\":false,\"z\":null,\"e\":{},"
                       "\"a\":[-1,[],[1, 2],\"\"]}");
}

static void test_a_value_alone_is_a_text(void **state) {
    (void)state;
    struct written w;
    begin(&w);
    json_out_null(&w.out);
    assert_written(&w, "null");
}

static void test_integers_keep_every_digit(void **state) {
    (void)state;
    struct written w;
    begin(&w);
    json_out_array_begin(&w.out);
    json_out_u64(&w.out, UINT64_MAX);
    json_out_u64(&w.out, 0);
    json_out_i64(&w.out, INT64_MIN);
    json_out_i64(&w.out, INT64_MAX);
    json_out_array_end(&w.out);
    assert_written(&w, "[18446744073709551615,0,-9223372036854775808,9223372036854775807]");
}

static void test_bytes_are_hex(void **state) {
    (void)state;
    struct written w;
    const uint8_t bytes[] = {0x00, 0x7f, 0x80, 0xff, 0x0a};
    begin(&w);
    json_out_array_begin(&w.out);
    json_out_hex(&w.out, bytes, 0);
    json_out_hex(&w.out, bytes, sizeof bytes);
    json_out_array_end(&w.out);
    assert_written(&w, "[\"0x\",\"0x007f80ff0a\"]");
}

/* A second opinion on UTF-8: decodes to a code point and asks whether that could have been written shorter. Returns the
 * length of the sequence, or 0. */
static size_t sequence(const uint8_t *p, size_t len) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (n <= 1 || n > len) return n <= len ? n : 0;
    uint32_t code = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2) return 0;
        code = code << 6 | (p[i] & 0x3fu);
    }
    return code >= least[n] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? n : 0;
}

/* Out: text with each byte that is no UTF-8 turned into U+FFFD. Returns the length; out has room for 3*len. */
static size_t replace_broken(char *out, const char *text, size_t len) {
    size_t written = 0;
    for (size_t i = 0; i < len;) {
        size_t n = sequence((const uint8_t *)text + i, len - i);
        memcpy(out + written, n > 0 ? text + i : "\xef\xbf\xbd", n > 0 ? n : 3);
        written += n > 0 ? n : 3;
        i += n > 0 ? n : 1;
    }
    return written;
}

static void check_string(const char *text, size_t len) {
    struct written w;
    char want[3 * 300];
    begin(&w);
    json_out_strn(&w.out, text, len);
    for (size_t i = 0; i < w.buf.len; i++) assert_true((uint8_t)w.buf.data[i] >= 0x20);
    json_t *tree = parse(&w);
    size_t want_len = replace_broken(want, text, len);
    assert_int_equal(json_string_length(tree), want_len);
    assert_memory_equal(json_string_value(tree), want, want_len);
    json_decref(tree);
}

static void test_every_byte_and_pair_of_bytes(void **state) {
    (void)state;
    for (int a = 0; a < 256; a++) {
        char text[2] = {(char)a, 0};
        check_string(text, 1);
        for (int b = 0; b < 256; b++) {
            text[1] = (char)b;
            check_string(text, 2);
        }
    }
}

/* Bytes picked so that long sequences, cut ones and forbidden ones are all common. */
static void test_random_bytes(void **state) {
    (void)state;
    static const char alphabet[] =
        "a\"\\/\n\x01\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4"
        "\xf5\xff";
    unsigned seed = 2;
    for (int round = 0; round < 20000; round++) {
        char text[300];
        size_t len = (size_t)rand_r(&seed) % (round % 100 == 0 ? sizeof text : 12);
        for (size_t i = 0; i < len; i++) {
            int pick = rand_r(&seed);
            text[i] = pick % 8 == 0 ? (char)(pick >> 8) : alphabet[(size_t)(pick >> 8) % sizeof alphabet];
        }
        check_string(text, len);
    }
}

static void test_keys_are_escaped_too(void **state) {
    (void)state;
    struct written w;
    begin(&w);
    json_out_object_begin(&w.out);
    json_out_key_str(&w.out, "a\"\\\n\x01\xff", "v");
    json_out_object_end(&w.out);
    json_t *tree = parse(&w);
    assert_string_equal(json_string_value(json_object_get(tree, "a\"\\\n\x01\xef\xbf\xbd")), "v");
    json_decref(tree);
}

/* Writes a random value and returns the tree it stands for. In: allowed, how many levels deep it may go. */
static json_t *write_random(struct json_out *out, unsigned *seed, unsigned allowed);

static json_t *write_random_array(struct json_out *out, unsigned *seed, unsigned allowed) {
    json_t *tree = json_array();
    json_out_array_begin(out);
    for (int n = rand_r(seed) % 5; n > 0; n--) json_array_append_new(tree, write_random(out, seed, allowed - 1));
    json_out_array_end(out);
    return tree;
}

static json_t *write_random_object(struct json_out *out, unsigned *seed, unsigned allowed) {
    static const char *const keys[] = {"", "a", "b\n", "\xc3\xa9", "long long key"};
    json_t *tree = json_object();
    json_out_object_begin(out);
    for (int n = rand_r(seed) % 6; n > 0; n--) {
        json_out_key(out, keys[n - 1]);
        json_object_set_new(tree, keys[n - 1], write_random(out, seed, allowed - 1));
    }
    json_out_object_end(out);
    return tree;
}

static json_t *write_random_scalar(struct json_out *out, unsigned *seed) {
    int64_t number = (int64_t)rand_r(seed) * (rand_r(seed) % 2 ? 1 : -1);
    switch (rand_r(seed) % 6) {
    case 0:
        json_out_i64(out, number);
        return json_integer(number);
    case 1:
        json_out_u64(out, (uint64_t)number >> 1);
        return json_integer((int64_t)((uint64_t)number >> 1));
    case 2:
        json_out_str(out, "text\t\xe2\x82\xac");
        return json_string("text\t\xe2\x82\xac");
    case 3:
        json_out_bool(out, number > 0);
        return json_boolean(number > 0);
    case 4:
        json_out_raw(out, "{\"raw\":[]}", 10);
        return json_pack("{s:[]}", "raw");
    default:
        json_out_str(out, NULL);
        return json_null();
    }
}

static json_t *write_random(struct json_out *out, unsigned *seed, unsigned allowed) {
    if (allowed == 0 || rand_r(seed) % 3 == 0) return write_random_scalar(out, seed);
    return rand_r(seed) % 2 ? write_random_array(out, seed, allowed) : write_random_object(out, seed, allowed);
}

static void test_random_trees(void **state) {
    (void)state;
    unsigned seed = 3;
    for (int round = 0; round < 3000; round++) {
        struct written w;
        begin(&w);
        json_t *want = write_random(&w.out, &seed, 6);
        json_t *have = parse(&w);
        assert_true(json_equal(have, want));
        json_decref(want);
        json_decref(have);
    }
}

static void open_levels(struct json_out *out, unsigned levels) {
    for (unsigned i = 0; i < levels; i++) {
        if (i % 2 == 1) json_out_key(out, "k");
        if (i % 2 == 0) json_out_object_begin(out);
        if (i % 2 == 1) json_out_array_begin(out);
        if (i % 2 == 1) json_out_u64(out, i);
    }
}

/* Down to the deepest level allowed, with items before and behind each step. */
static void test_deepest_nesting(void **state) {
    (void)state;
    struct written w;
    begin(&w);
    for (unsigned i = 0; i < JSON_OUT_MAX_DEPTH; i++) {
        json_out_array_begin(&w.out);
        json_out_u64(&w.out, i);
    }
    for (unsigned i = 0; i < JSON_OUT_MAX_DEPTH; i++) {
        json_out_u64(&w.out, i);
        json_out_array_end(&w.out);
    }
    json_t *tree = parse(&w), *level = tree;
    for (unsigned i = 0; i < JSON_OUT_MAX_DEPTH; i++) {
        bool last = i == JSON_OUT_MAX_DEPTH - 1;
        assert_int_equal(json_array_size(level), last ? 2 : 3);
        assert_int_equal(json_integer_value(json_array_get(level, 0)), i);
        level = json_array_get(level, 1);
    }
    json_decref(tree);
}

static struct written misused;

static void nest_too_deep(void) {
    for (unsigned i = 0; i <= JSON_OUT_MAX_DEPTH; i++) json_out_array_begin(&misused.out);
}
static void end_what_never_began(void) {
    json_out_object_end(&misused.out);
}
static void key_outside(void) {
    json_out_key(&misused.out, "k");
}
static void key_in_array(void) {
    json_out_array_begin(&misused.out);
    json_out_key(&misused.out, "k");
}
static void key_after_key(void) {
    json_out_object_begin(&misused.out);
    json_out_key(&misused.out, "k");
    json_out_key(&misused.out, "k");
}
static void key_without_value(void) {
    json_out_object_begin(&misused.out);
    json_out_key(&misused.out, "k");
    json_out_object_end(&misused.out);
}
static void value_without_key(void) {
    json_out_object_begin(&misused.out);
    json_out_u64(&misused.out, 1);
}
static void object_without_key(void) {
    json_out_object_begin(&misused.out);
    json_out_object_begin(&misused.out);
}
static void object_ended_as_array(void) {
    json_out_object_begin(&misused.out);
    json_out_array_end(&misused.out);
}
static void array_ended_as_object(void) {
    open_levels(&misused.out, 2);
    json_out_object_end(&misused.out);
}

static void test_misuse_is_caught(void **state) {
    (void)state;
    static void (*const misuses[])(void) = {
        nest_too_deep,     end_what_never_began, key_outside,        key_in_array,          key_after_key,
        key_without_value, value_without_key,    object_without_key, object_ended_as_array, array_ended_as_object,
    };
    for (size_t i = 0; i < sizeof misuses / sizeof *misuses; i++) {
        begin(&misused);
        assert_aborts(misuses[i]);
        buf_free(&misused.buf);
    }
}

/* The writer does not stop when the buffer is full: the buffer says so, once, at the end. */
static void test_full_buffer_is_seen_at_the_end(void **state) {
    (void)state;
    for (size_t max = 0; max < 40; max++) {
        struct written w;
        buf_init(&w.buf, max);
        json_out_init(&w.out, &w.buf);
        json_out_object_begin(&w.out);
        json_out_key_str(&w.out, "key\x01", "value\n\xff");
        json_out_key(&w.out, "n");
        json_out_i64(&w.out, -1);
        json_out_object_end(&w.out);
        static const char want[] = "{\"key\\u0001\":\"value\\n\xef\xbf\xbd\",\"n\":-1}";
        assert_int_equal(w.buf.failed, max < sizeof want - 1);
        if (!w.buf.failed) assert_memory_equal(w.buf.data, want, sizeof want - 1);
        assert_true(w.buf.len <= max);
        buf_free(&w.buf);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_text),
        cmocka_unit_test(test_a_value_alone_is_a_text),
        cmocka_unit_test(test_integers_keep_every_digit),
        cmocka_unit_test(test_bytes_are_hex),
        cmocka_unit_test(test_every_byte_and_pair_of_bytes),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_keys_are_escaped_too),
        cmocka_unit_test(test_random_trees),
        cmocka_unit_test(test_deepest_nesting),
        cmocka_unit_test(test_misuse_is_caught),
        cmocka_unit_test(test_full_buffer_is_seen_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
