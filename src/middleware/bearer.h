/* The Authorization header. Reads untrusted bytes; pure function, any thread. Sources: RFC 9110, 11.4 and RFC 6750,
 * 2.1. */
#ifndef DAPPD_MIDDLEWARE_BEARER_H
#define DAPPD_MIDDLEWARE_BEARER_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the token in "Bearer token", the scheme in any case: the only credentials that are taken. Returns false when it
 * is anything else. Out: *token, borrowed from text, is never empty. */
bool bearer_parse(const char **token, size_t *token_len, const char *text, size_t len);

#endif
