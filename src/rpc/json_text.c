/* Escapes are what makes JSON strings hard; all that knows of them is here.
 * Owns nothing.
 * Any thread: pure functions. */
#include "json_text.h"

#include <stdint.h>
#include <string.h>

#include "core/hex.h"
#include "core/utf8.h"

enum { UNIT_DIGITS = 4 };

/* What a byte inside a string is. */
enum { PLAIN, QUOTE, BACKSLASH, CONTROL, WIDE };
static const uint8_t classes[256] = {
    [0x00 ... 0x1f] = CONTROL, ['"'] = QUOTE, ['\\'] = BACKSLASH, [0x80 ... 0xff] = WIDE};

/* The four digits of \uXXXX. Returns false when they are none. */
static bool read_unit(unsigned *unit, const char *digits, const char *end) {
    uint8_t bytes[UNIT_DIGITS / 2];
    if (end - digits < UNIT_DIGITS || !hex_read(bytes, sizeof(bytes), digits)) return false;
    *unit = (unsigned)bytes[0] << 8 | bytes[1];
    return true;
}

static bool is_high(unsigned unit) {
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(unsigned unit) {
    return unit >= 0xdc00 && unit < 0xe000;
}

/* In: at, behind \u. Returns the character's end, or NULL. */
static const char *read_unicode(unsigned *character, const char *at, const char *end) {
    unsigned low;
    if (!read_unit(character, at, end) || is_low(*character)) return NULL;
    at += UNIT_DIGITS;
    if (!is_high(*character)) return at;
    if (end - at < 2 || at[0] != '\\' || at[1] != 'u' || !read_unit(&low, at + 2, end) || !is_low(low)) return NULL;
    *character = 0x10000 + ((*character & 0x3ff) << 10 | (low & 0x3ff));
    return at + 2 + UNIT_DIGITS;
}

/* In: at, behind the backslash. Out: the character it stands for. Returns the escape's end, or NULL. */
static const char *read_escape(unsigned *character, const char *at, const char *end) {
    static const char names[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (at == end || *at == '\0') return NULL;
    if (*at == 'u') return read_unicode(character, at + 1, end);
    const char *name = strchr(names, *at);
    if (name == NULL) return NULL;
    *character = (unsigned char)meanings[name - names];
    return at + 1;
}

const char *json_text_end(const char *at, const char *end) {
    for (;;) {
        while (at < end && classes[(uint8_t)*at] == PLAIN) at++;
        if (at == end) return NULL;
        unsigned character;
        switch (classes[(uint8_t)*at]) {
        case QUOTE:
            return at;
        case BACKSLASH:
            at = read_escape(&character, at + 1, end);
            if (at == NULL) return NULL;
            break;
        case WIDE: {
            size_t n = utf8_sequence((const uint8_t *)at, (size_t)(end - at));
            if (n == 0) return NULL;
            at += n;
            break;
        }
        default:
            return NULL;
        }
    }
}

static void append_utf8(struct buf *out, unsigned c) {
    char bytes[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6) bytes[i] = (char)(0x80 | (c & 0x3f));
    bytes[0] = (char)(leads[n] | c);
    buf_append(out, bytes, n);
}

bool json_text_unescape(struct buf *out, const char *text, size_t len) {
    const char *end = text + len;
    while (text < end) {
        const char *escape = memchr(text, '\\', (size_t)(end - text));
        if (escape == NULL) escape = end;
        buf_append(out, text, (size_t)(escape - text));
        if (escape == end) break;
        unsigned character;
        text = read_escape(&character, escape + 1, end);
        if (text == NULL) return false;
        append_utf8(out, character);
    }
    return !out->failed;
}
