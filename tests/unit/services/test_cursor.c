/* Cursors: what was written is read again, and nothing else is: no other spelling, list, chain, filter or length.
 * The text of one cursor is pinned, since clients keep them over an upgrade.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "services/cursor.h"

enum { PLACE_BYTES = 44 };

static struct cursor sample(void) {
    struct cursor cursor = {.kind = CURSOR_TRANSFERS,
                            .chain_id = 0x0102030405060708,
                            .filter = 0x1112131415161718,
                            .block_number = 0x2122232425262728,
                            .place_len = PLACE_BYTES};
    for (size_t i = 0; i < sizeof cursor.block_hash.bytes; i++) cursor.block_hash.bytes[i] = (uint8_t)(0x40 + i);
    for (size_t i = 0; i < PLACE_BYTES; i++) cursor.place[i] = (uint8_t)(0x80 + i);
    return cursor;
}

/* What a reader knows before it reads. */
static struct cursor expected(void) {
    struct cursor all = sample();
    return (struct cursor){
        .kind = all.kind, .chain_id = all.chain_id, .filter = all.filter, .place_len = all.place_len};
}

static enum err decode(struct cursor cursor, const char *text, size_t len) {
    return cursor_decode(&cursor, text, len);
}

static void test_what_was_written_is_read(void **state) {
    (void)state;
    for (size_t place_len = 0; place_len <= CURSOR_MAX_PLACE_BYTES; place_len++) {
        struct cursor written = sample(), read = expected();
        char text[CURSOR_TEXT_BYTES];
        for (size_t i = 0; i < place_len; i++) written.place[i] = (uint8_t)(i * 37);
        written.place_len = read.place_len = place_len;
        size_t len = strlen(cursor_encode(text, &written));
        assert_true(len < CURSOR_TEXT_BYTES);
        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), len);
        assert_int_equal(cursor_decode(&read, text, len), ERR_OK);
        assert_int_equal(read.block_number, written.block_number);
        assert_memory_equal(&read.block_hash, &written.block_hash, sizeof read.block_hash);
        assert_memory_equal(read.place, written.place, place_len);
    }
}

/* By coreutils' basenc --base64url; the 11 digits behind are the checksum. */
static void test_the_format_is_pinned(void **state) {
    static const char head[] =
        "AQEBAgMEBQYHCBESExQVFhcYISIjJCUmJyhAQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX4CBgoOEhYaH"
        "iImKi4yNjo-QkZKTlJWWl5iZmpucnZ6foKGio6Slpqeoqaqr";
    struct cursor cursor = sample();
    char text[CURSOR_TEXT_BYTES];
    (void)state;
    (void)cursor_encode(text, &cursor);
    assert_int_equal(strlen(text), 147);
    assert_memory_equal(text, head, sizeof head - 1);
}

static void test_every_changed_digit_is_noticed(void **state) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct cursor cursor = sample();
    char text[CURSOR_TEXT_BYTES];
    (void)state;
    size_t len = strlen(cursor_encode(text, &cursor));
    assert_int_equal(decode(expected(), text, len), ERR_OK);
    for (size_t i = 0; i < len; i++) {
        char right = text[i];
        for (size_t d = 0; digits[d] != '\0'; d++) {
            text[i] = digits[d];
            assert_int_equal(decode(expected(), text, len), digits[d] == right ? ERR_OK : ERR_INVALID_CURSOR);
        }
        static const char strange[] = {'\0', '=', '+', '/', ' ', '\n', (char)0xff};
        for (size_t d = 0; d < sizeof strange; d++) {
            text[i] = strange[d];
            assert_int_equal(decode(expected(), text, len), ERR_INVALID_CURSOR);
        }
        text[i] = right;
    }
}

static void test_other_lengths_are_refused(void **state) {
    struct cursor cursor = sample();
    char text[CURSOR_TEXT_BYTES * 2] = "";
    (void)state;
    size_t len = strlen(cursor_encode(text, &cursor));
    for (size_t n = 0; n < sizeof text; n++) {
        assert_int_equal(decode(expected(), text, n), n == len ? ERR_OK : ERR_INVALID_CURSOR);
    }
}

static void test_another_query_is_refused(void **state) {
    struct cursor cursor = sample();
    char text[CURSOR_TEXT_BYTES];
    (void)state;
    size_t len = strlen(cursor_encode(text, &cursor));
    struct cursor other = expected();
    other.kind = CURSOR_HOLDERS;
    assert_int_equal(decode(other, text, len), ERR_INVALID_CURSOR);
    other = expected();
    other.chain_id++;
    assert_int_equal(decode(other, text, len), ERR_INVALID_CURSOR);
    other = expected();
    other.filter ^= 1;
    assert_int_equal(decode(other, text, len), ERR_INVALID_CURSOR);
    other = expected();
    other.place_len--;
    assert_int_equal(decode(other, text, len), ERR_INVALID_CURSOR);
}

static void test_numbers_of_a_place(void **state) {
    uint8_t bytes[12];
    const uint8_t *p = bytes;
    (void)state;
    assert_ptr_equal(cursor_put(cursor_put(bytes, UINT64_MAX - 1, 8), 0x01020304, 4), bytes + 12);
    assert_memory_equal(bytes, "\xff\xff\xff\xff\xff\xff\xff\xfe\x01\x02\x03\x04", 12);
    assert_true(cursor_get(&p, 8) == UINT64_MAX - 1);
    assert_int_equal(cursor_get(&p, 4), 0x01020304);
    assert_ptr_equal(p, bytes + 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_read),       cmocka_unit_test(test_the_format_is_pinned),
        cmocka_unit_test(test_every_changed_digit_is_noticed), cmocka_unit_test(test_other_lengths_are_refused),
        cmocka_unit_test(test_another_query_is_refused),       cmocka_unit_test(test_numbers_of_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
