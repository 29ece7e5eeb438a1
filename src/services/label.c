/* Checks names. Owns nothing; pure, any thread. */
#include "services/label.h"

#include <string.h>

#include "core/utf8.h"

/* Where a name seems to begin later or to end earlier than it does. Source: Unicode, Zs and the spaces of no width. */
static const char *const blanks[] = {
    " ",
    "\xc2\xa0",
    "\xe1\x9a\x80",
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
    "\xe2\x80\xaf",
    "\xe2\x81\x9f",
    "\xe3\x80\x80",
    "\xef\xbb\xbf",
};

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
    return count_characters(text, len) <= LABEL_MAX_CHARS && !has_blank_at_an_end(text, len);
}
