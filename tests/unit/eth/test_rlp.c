/* Tests eth/rlp with what viem encodes, read and written again, and with every way in which an encoding can be none. */
#include "../vectors.h"

#include "eth/rlp.h"

enum { TEXT_MAX = 1 << 20 };

static void put_hex(struct buf *out, struct rlp_bytes bytes) {
    buf_append_str(out, "0x");
    for (size_t i = 0; i < bytes.len; i++) buf_printf(out, "%02x", bytes.p[i]);
}

/* Writes items as the vectors have them, and encodes them once more. */
static void walk(struct buf *text, struct buf *encoded, struct rlp_bytes items) {
    for (bool first = true; items.len > 0; first = false) {
        struct rlp_item item;
        if (!first) buf_append_char(text, ',');
        assert_int_equal(rlp_next(&item, &items), ERR_OK);
        if (!item.is_list) {
            put_hex(text, item.content);
            rlp_put_string(encoded, item.content.p, item.content.len);
            continue;
        }
        size_t start = encoded->len;
        buf_append_char(text, '[');
        walk(text, encoded, item.content);
        buf_append_char(text, ']');
        rlp_put_list(encoded, start);
    }
}

static void assert_buf(const struct buf *buf, const void *wanted, size_t len) {
    assert_false(buf->failed);
    assert_int_equal(buf->len, len);
    assert_memory_equal(buf->data, wanted, len);
}

static void test_trees_of_viem(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "rlp.tsv");
    while (vectors_next(&v, 2)) {
        struct buf text, encoded;
        size_t len;
        uint8_t *data = vectors_bytes(&len, v.fields[1]);
        buf_init(&text, TEXT_MAX);
        buf_init(&encoded, TEXT_MAX);
        walk(&text, &encoded, (struct rlp_bytes){.p = data, .len = len});
        assert_buf(&text, v.fields[0], strlen(v.fields[0]));
        assert_buf(&encoded, data, len);
        buf_free(&text);
        buf_free(&encoded);
        free(data);
    }
    vectors_close(&v, 320);
}

static void test_integers_of_viem(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "rlp_integers.tsv");
    while (vectors_next(&v, 2)) {
        size_t len;
        uint8_t *data = vectors_bytes(&len, v.fields[1]);
        struct rlp_bytes rest = {.p = data, .len = len}, again = rest;
        struct buf encoded;
        u256 wide;
        uint64_t narrow;
        char text[U256_DEC_BYTES];
        buf_init(&encoded, TEXT_MAX);
        assert_int_equal(rlp_u256(&wide, &rest), ERR_OK);
        assert_int_equal(rest.len, 0);
        (void)u256_to_dec(text, &wide);
        assert_string_equal(text, v.fields[0]);
        rlp_put_u256(&encoded, &wide);
        assert_buf(&encoded, data, len);
        assert_int_equal(rlp_u64(&narrow, &again), u256_fits_u64(&wide) ? ERR_OK : ERR_INVALID_PARAMETER);
        assert_int_equal(again.len, u256_fits_u64(&wide) ? 0 : len);
        if (u256_fits_u64(&wide)) {
            assert_true(narrow == wide.limb[0]);
            buf_clear(&encoded);
            rlp_put_u64(&encoded, narrow);
            assert_buf(&encoded, data, len);
        }
        buf_free(&encoded);
        free(data);
    }
    vectors_close(&v, 800);
}

#define BYTES(text) ((struct rlp_bytes){.p = (const uint8_t *)(text), .len = sizeof(text) - 1})

static enum err next_of(struct rlp_bytes bytes) {
    struct rlp_item item;
    uint8_t *exact = malloc(bytes.len > 0 ? bytes.len : 1);
    memcpy(exact, bytes.p, bytes.len);
    struct rlp_bytes rest = {.p = exact, .len = bytes.len};
    enum err err = rlp_next(&item, &rest);
    if (err != ERR_OK) assert_true(rest.p == exact && rest.len == bytes.len);
    free(exact);
    return err;
}

#define SIXTEEN "0123456789abcdef"
#define FIFTY_FIVE SIXTEEN SIXTEEN SIXTEEN "0123456"
#define FIFTY_SIX FIFTY_FIVE "7"

static void test_malformed_items(void **state) {
    (void)state;
    const struct rlp_bytes cases[] = {
        BYTES(""), /* nothing */
        /* cut */
        BYTES("\x81"), BYTES("\x82\x80"), BYTES("\xb7" SIXTEEN), BYTES("\xb8"), BYTES("\xb8\x38" FIFTY_FIVE),
        BYTES("\xb9\x01"), BYTES("\xbf\x01"), BYTES("\xc1"), BYTES("\xf7" SIXTEEN), BYTES("\xf8"),
        BYTES("\xf8\x38" FIFTY_FIVE), BYTES("\xff\x01"),
        /* one byte that is its own encoding */
        BYTES("\x81\x00"), BYTES("\x81\x01"), BYTES("\x81\x7f"),
        /* a length that its prefix could say, or fewer bytes */
        BYTES("\xb8\x00"), BYTES("\xb8\x01\x80"), BYTES("\xb8\x37" FIFTY_FIVE), BYTES("\xb9\x00\x38" FIFTY_SIX),
        BYTES("\xbb\x00\x00\x00\x38" FIFTY_SIX), BYTES("\xf8\x00"), BYTES("\xf8\x37" FIFTY_FIVE),
        BYTES("\xf9\x00\x38" FIFTY_SIX),
        /* lengths that wrap */
        BYTES("\xbf\xff\xff\xff\xff\xff\xff\xff\xff" SIXTEEN), BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff" SIXTEEN),
        BYTES("\xbf\xff\xff\xff\xff\xff\xff\xff\xf7" SIXTEEN), BYTES("\xbf\x80\x00\x00\x00\x00\x00\x00\x00" SIXTEEN)};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (next_of(cases[i]) != ERR_INVALID_PARAMETER) fail_msg("case %zu was taken", i);
    }
    assert_int_equal(next_of(BYTES("\xb8\x38" FIFTY_SIX)), ERR_OK);
    assert_int_equal(next_of(BYTES("\xf8\x38" FIFTY_SIX)), ERR_OK);
    assert_int_equal(next_of(BYTES("\x81\x80")), ERR_OK);
}

static void test_other_kinds_leave_the_rest(void **state) {
    (void)state;
    const struct rlp_bytes list = BYTES("\xc1\x05"), zero = BYTES("\x00"), leading = BYTES("\x82\x00\x05");
    struct rlp_bytes rest = list, out;
    uint64_t narrow;
    u256 wide;
    uint8_t fixed[2];
    assert_int_equal(rlp_string(&out, &rest), ERR_INVALID_PARAMETER);
    assert_int_equal(rlp_u64(&narrow, &rest), ERR_INVALID_PARAMETER);
    assert_int_equal(rlp_fixed(fixed, 1, &rest), ERR_INVALID_PARAMETER);
    assert_true(rest.p == list.p && rest.len == list.len);
    rest = zero;
    assert_int_equal(rlp_list(&out, &rest), ERR_INVALID_PARAMETER);
    assert_int_equal(rlp_u64(&narrow, &rest), ERR_INVALID_PARAMETER);
    assert_int_equal(rlp_u256(&wide, &rest), ERR_INVALID_PARAMETER);
    assert_int_equal(rlp_fixed(fixed, 2, &rest), ERR_INVALID_PARAMETER);
    assert_true(rest.p == zero.p && rest.len == zero.len);
    assert_int_equal(rlp_fixed(fixed, 1, &rest), ERR_OK);
    assert_int_equal(rest.len, 0);
    rest = leading;
    assert_int_equal(rlp_u256(&wide, &rest), ERR_INVALID_PARAMETER);
    assert_int_equal(rlp_fixed(fixed, 2, &rest), ERR_OK);
    assert_memory_equal(fixed, "\x00\x05", 2);
}

static void test_counts(void **state) {
    (void)state;
    size_t n = 7;
    assert_int_equal(rlp_count(&n, BYTES("")), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(rlp_count(&n, BYTES("\x01\x80\xc2\x01\x02\x82yz")), ERR_OK);
    assert_int_equal(n, 4);
    assert_int_equal(rlp_count(&n, BYTES("\x01\x82z")), ERR_INVALID_PARAMETER);
}

static void test_past_its_maximum_a_list_fails(void **state) {
    (void)state;
    struct buf out;
    buf_init(&out, 4);
    rlp_put_string(&out, "abc", 3);
    assert_false(out.failed);
    rlp_put_list(&out, 0);
    assert_true(out.failed);
    rlp_put_list(&out, 0);
    buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees_of_viem),   cmocka_unit_test(test_integers_of_viem),
        cmocka_unit_test(test_malformed_items), cmocka_unit_test(test_other_kinds_leave_the_rest),
        cmocka_unit_test(test_counts),          cmocka_unit_test(test_past_its_maximum_a_list_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
