/* UTF-8 checks on untrusted bytes. Pure functions, any thread. */
#ifndef DAPPD_CORE_UTF8_H
#define DAPPD_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Returns the length of the well-formed sequence at p (1 to 4; no surrogates, overlong forms or values past
 * U+10FFFF), or 0 when there is none. In: len > 0 bytes at p. Source: RFC 3629. */
size_t utf8_sequence(const uint8_t *p, size_t len);

/* Copies text into out, at most cap-1 bytes and never half a character, with NUL behind it. What is no UTF-8,
 * control characters (C0, DEL, C1), line separators and marks of text direction are left out. Returns the length. */
size_t utf8_clean(char *out, size_t cap, const void *text, size_t len);

#endif
