/* The Accept-Encoding header. Reads untrusted bytes; pure function, any thread. Source: RFC 9110, 12.5.3. */
#ifndef DAPPD_MIDDLEWARE_ACCEPT_ENCODING_H
#define DAPPD_MIDDLEWARE_ACCEPT_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

/* True when gzip (or x-gzip) is listed with a weight above 0, or not listed while * is. */
bool accepts_gzip(const char *text, size_t len);

#endif
