/* What nodes mean is told by parts of sentences, which differ from release to release.
 * Owns nothing.
 * Any thread: pure functions. */
#include "phrase.h"

#include <string.h>

size_t phrase_fold(char out[PHRASE_MAX_BYTES], const char *text, size_t len) {
    size_t n = len < PHRASE_MAX_BYTES ? len : PHRASE_MAX_BYTES;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return n;
}

const char *phrase_find(const char *text, size_t len, const char *pattern) {
    for (;;) {
        size_t part_len = strcspn(pattern, "*");
        const char *at = memmem(text, len, pattern, part_len);
        if (at == NULL) return NULL;
        len -= (size_t)(at - text) + part_len;
        text = at + part_len;
        if (pattern[part_len] == '\0') return text;
        pattern += part_len + 1;
    }
}
