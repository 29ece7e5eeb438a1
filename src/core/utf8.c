/* Tells text from noise: token names, revert reasons and headers come from strangers.
 * Owns nothing; the caller's buffers are read and written in place.
 * Any thread: pure functions. */
#include "core/utf8.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* Which second byte may follow which first byte; every later one is 80 to bf. The narrowed rows shut out overlong
 * forms (e0, f0), surrogates (ed) and values past U+10FFFF (f4). Source: RFC 3629, section 4. */
static const struct lead {
    uint8_t first, last;
    uint8_t length;
    uint8_t second_min, second_max;
} leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *find_lead(uint8_t byte) {
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (byte >= leads[i].first && byte <= leads[i].last) return &leads[i];
    }
    return NULL;
}

size_t utf8_sequence(const uint8_t *p, size_t len) {
    assert(len > 0);
    if (p[0] < 0x80) return 1;

    const struct lead *lead = find_lead(p[0]);
    if (lead == NULL || len < lead->length) return 0;
    if (p[1] < lead->second_min || p[1] > lead->second_max) return 0;
    for (size_t i = 2; i < lead->length; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
    }
    return lead->length;
}

/* In: a well-formed sequence. C1 (U+0080 to U+009F) is c2 80 to c2 9f. */
static bool is_control(const uint8_t *p) {
    return p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

/* Marks that turn the direction of what follows (UAX #9) and line separators: a symbol must not look like another one,
 * nor one line of a log like two. In: a well-formed sequence of n bytes. */
static bool is_misleading(const uint8_t *p, size_t n) {
    static const struct {
        uint8_t lead[2];
        uint8_t first, last; /* third byte */
    } ranges[] = {
        {{0xe2, 0x80}, 0x8e, 0x8f}, /* U+200E, U+200F */
        {{0xe2, 0x80}, 0xa8, 0xae}, /* U+2028 to U+202E */
        {{0xe2, 0x81}, 0xa6, 0xa9}, /* U+2066 to U+2069 */
    };
    if (n == 2) return p[0] == 0xd8 && p[1] == 0x9c; /* U+061C */
    for (size_t i = 0; n == 3 && i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        bool same_lead = p[0] == ranges[i].lead[0] && p[1] == ranges[i].lead[1];
        if (same_lead && p[2] >= ranges[i].first && p[2] <= ranges[i].last) return true;
    }
    return false;
}

size_t utf8_clean(char *out, size_t cap, const void *text, size_t len) {
    assert(cap > 0);
    const uint8_t *bytes = text;
    size_t written = 0;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_sequence(bytes + i, len - i);
        if (n == 0) {
            i++;
            continue;
        }
        if (!is_control(bytes + i) && !is_misleading(bytes + i, n)) {
            if (n > cap - 1 - written) break;
            memcpy(out + written, bytes + i, n);
            written += n;
        }
        i += n;
    }
    out[written] = '\0';
    return written;
}
