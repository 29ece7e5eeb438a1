/* Bytes as text that stands in headers and URLs as it is. Reads untrusted bytes; pure functions, any thread.
 * Source: RFC 4648 section 5. */
#ifndef DAPPD_CORE_BASE64URL_H
#define DAPPD_CORE_BASE64URL_H

#include <stddef.h>

/* Without padding. Encode writes 4 * len / 3, rounded up, and a NUL; returns the length. Decode takes the one way in
 * which bytes can be written (no padding, no spare bits, no other characters) and returns the number of bytes, or -1
 * when it is something else or does not fit cap. */
size_t base64url_encode(char *out, const void *data, size_t len);
long base64url_decode(void *out, size_t cap, const char *text, size_t len);

#endif
