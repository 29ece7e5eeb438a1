/* Checks e-mail addresses. Owns nothing; pure, any thread. */
#include "email.h"

#include <string.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_letter_or_digit(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* atext of RFC 5322. */
static bool is_atom_character(char c) {
    return is_letter_or_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_atom(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!is_atom_character(text[i])) return false;
    }
    return len > 0;
}

static bool is_label(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!is_letter_or_digit(text[i]) && text[i] != '-') return false;
    }
    return len > 0 && len <= EMAIL_LABEL_MAX_BYTES && text[0] != '-' && text[len - 1] != '-';
}

/* Whether all parts between dots are what they have to be. Out: *last, the last of them; *n, how many. */
static bool all_parts_are(bool (*is_part)(const char *, size_t), const char *text, size_t len, const char **last,
                          size_t *n) {
    const char *end = text + len;
    for (*n = 1;; (*n)++) {
        const char *dot = memchr(text, '.', (size_t)(end - text));
        *last = text;
        if (!is_part(text, (size_t)((dot != NULL ? dot : end) - text))) return false;
        if (dot == NULL) return true;
        text = dot + 1;
    }
}

bool email_is_valid(const char *text, size_t len) {
    const char *at = len <= EMAIL_MAX_BYTES ? memchr(text, '@', len) : NULL;
    const char *last;
    size_t n;
    if (at == NULL || at - text > EMAIL_LOCAL_MAX_BYTES) return false;
    if (!all_parts_are(is_atom, text, (size_t)(at - text), &last, &n)) return false;
    const char *domain = at + 1;
    return all_parts_are(is_label, domain, (size_t)(text + len - domain), &last, &n) && n > 1 && is_letter(*last);
}
