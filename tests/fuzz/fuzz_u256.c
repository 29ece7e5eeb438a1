/* Feeds eth/u256 any text and any two words: text reads back, arithmetic undoes itself, formatting loses nothing.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "eth/u256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Skips zeros that do not count; leaves the last digit. */
static void strip_zeros(const char **digits, size_t *len) {
    while (*len > 1 && **digits == '0') {
        ++*digits;
        --*len;
    }
}

static void check_text(const char *text, size_t len) {
    u256 value;
    char dec[U256_DEC_BYTES], hex[U256_HEX_BYTES];
    if (u256_from_dec(&value, text, len) == ERR_OK) {
        strip_zeros(&text, &len);
        assert(u256_to_dec(dec, &value) == len && memcmp(dec, text, len) == 0);
    } else if (u256_from_hex(&value, text, len) == ERR_OK) {
        text += 2;
        len -= 2;
        strip_zeros(&text, &len);
        assert(u256_to_hex(hex, &value) == len + 2);
        for (size_t i = 0; i < len; i++) assert(hex[2 + i] == tolower((unsigned char)text[i]));
    }
}

static void check_arithmetic(const u256 *a, const u256 *b) {
    u256 sum, difference, back;
    bool carry = u256_add(&sum, a, b);
    assert(carry == (u256_cmp(&sum, a) < 0));
    assert(u256_sub(&back, &sum, b) == carry && u256_cmp(&back, a) == 0);

    bool borrow = u256_sub(&difference, a, b);
    assert(borrow == (u256_cmp(a, b) < 0));
    assert(u256_add(&back, &difference, b) == borrow && u256_cmp(&back, a) == 0);
    assert(u256_cmp(a, b) == -u256_cmp(b, a));
    assert(u256_is_zero(&difference) == (u256_cmp(a, b) == 0));
}

static void check_round_trips(const u256 *a) {
    u256 back;
    uint8_t word[32];
    char text[U256_DEC_BYTES];
    assert(u256_from_dec(&back, text, u256_to_dec(text, a)) == ERR_OK && u256_cmp(&back, a) == 0);
    assert(u256_from_hex(&back, text, u256_to_hex(text, a)) == ERR_OK && u256_cmp(&back, a) == 0);
    u256_to_be(word, a);
    back = u256_from_be(word);
    assert(u256_cmp(&back, a) == 0);
}

/* Without its point, and its fraction filled up with zeros, the formatted amount is the amount. */
static void check_format(const u256 *a, unsigned decimals) {
    char text[U256_FORMATTED_BYTES], digits[U256_FORMATTED_BYTES + U256_MAX_DECIMALS];
    size_t len = u256_format(text, a, decimals);
    assert(len == strlen(text));
    const char *point = strchr(text, '.');
    size_t whole = point != NULL ? (size_t)(point - text) : len;
    size_t fraction = point != NULL ? len - whole - 1 : 0;
    assert(point == NULL || (fraction > 0 && text[len - 1] != '0'));
    assert(whole > 0 && (whole == 1 || text[0] != '0') && fraction <= decimals);

    memcpy(digits, text, whole);
    memcpy(digits + whole, text + len - fraction, fraction);
    memset(digits + whole + fraction, '0', decimals - fraction);
    const char *first = digits;
    size_t n = whole + decimals;
    strip_zeros(&first, &n);
    u256 back;
    assert(u256_from_dec(&back, first, n) == ERR_OK && u256_cmp(&back, a) == 0);
}

/* A fraction begins with a digit of at least 5 where the part is at least half. */
static void check_fraction(const u256 *a, const u256 *b) {
    const u256 *part = u256_cmp(a, b) < 0 ? a : b, *whole = part == a ? b : a;
    char text[U256_FORMATTED_BYTES];
    if (u256_is_zero(whole)) return;
    assert(u256_fraction(text, part, whole, U256_MAX_DECIMALS) == 2 + U256_MAX_DECIMALS);
    assert((text[0] == '1') == (u256_cmp(part, whole) == 0) && strspn(text + 2, "0123456789") == U256_MAX_DECIMALS);
    u256 twice;
    bool half = u256_add(&twice, part, part) || u256_cmp(&twice, whole) >= 0;
    assert(half == (text[0] == '1' || text[2] >= '5'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_text((const char *)data, size);

    uint8_t words[65] = {0};
    if (size > 0) memcpy(words, data, size < sizeof(words) ? size : sizeof(words));
    u256 a = u256_from_be(words), b = u256_from_be(words + 32);
    check_arithmetic(&a, &b);
    check_round_trips(&a);
    check_fraction(&a, &b);
    check_format(&a, words[64] % (U256_MAX_DECIMALS + 1));
    return 0;
}
