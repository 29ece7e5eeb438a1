/* Checks names. Owns nothing; pure, any thread. */
#include "label.h"

#include <string.h>

#include "core/utf8.h"

/* Where a name seems to begin later or to end earlier than it does, or to be none. Source: Unicode, Zs, the spaces of
 * no width and others that are ignored where a font has nothing for them, and the empty cell of Braille. */
static const char *const blanks[] = {
    " ",
    "\xc2\xa0",
    "\xc2\xad",
    "\xcd\x8f",
    "\xe1\x85\x9f",
    "\xe1\x85\xa0",
    "\xe1\x9a\x80",
    "\xe1\x9e\xb4",
    "\xe1\x9e\xb5",
    "\xe1\xa0\x8e",
    "\xe2\x80\x80",
    "\xe2\x80\x81",
    "\xe2\x80\x82",
    "\xe2\x80\x83",
    "\xe2\x80\x84",
    "\xe2\x80\x85",
    "\xe2\x80\x86",
    "\xe2\x80\x87",
    "\xe2\x80\x88",
    "\xe2\x80\x89",
    "\xe2\x80\x8a",
    "\xe2\x80\x8b",
    "\xe2\x80\x8c",
    "\xe2\x80\x8d",
    "\xe2\x80\xaf",
    "\xe2\x81\x9f",
    "\xe2\x81\xa0",
    "\xe2\x81\xa1",
    "\xe2\x81\xa2",
    "\xe2\x81\xa3",
    "\xe2\x81\xa4",
    "\xe2\xa0\x80",
    "\xe3\x80\x80",
    "\xe3\x85\xa4",
    "\xef\xbb\xbf",
    "\xef\xbe\xa0",
};

/* What says how the character before it looks, and shows nothing where there is none. */
static bool begins_with_selector(const char *text, size_t len) {
    const unsigned char *p = (const unsigned char *)text;
    bool variation = len >= 3 && p[0] == 0xef && p[1] == 0xb8 && p[2] <= 0x8f; /* U+FE00 to U+FE0F */
    bool tag = len >= 4 && p[0] == 0xf3 && p[1] == 0xa0;                       /* U+E0000 to U+E0FFF */
    return variation || tag;
}

static bool has_blank_at_an_end(const char *text, size_t len) {
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        size_t n = strlen(blanks[i]);
        if (n > len) continue;
        if (memcmp(text, blanks[i], n) == 0 || memcmp(text + len - n, blanks[i], n) == 0) return true;
    }
    return false;
}

static size_t count_characters(const char *text, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

bool label_is_valid(const char *text, size_t len) {
    char clean[LABEL_MAX_BYTES + 1];
    if (len == 0 || len > LABEL_MAX_BYTES || utf8_clean(clean, sizeof clean, text, len) != len) return false;
    if (begins_with_selector(text, len) || has_blank_at_an_end(text, len)) return false;
    return count_characters(text, len) <= LABEL_MAX_CHARS;
}
