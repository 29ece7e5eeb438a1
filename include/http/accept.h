/* What kind of answer a client prefers. Reads untrusted bytes; pure, any thread. Source: RFC 9110, section 12.5.1. */
#ifndef DAPPD_HTTP_ACCEPT_H
#define DAPPD_HTTP_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>

/* Returns true when the value of an Accept header gives `type` ("text/csv") more weight than `usual`
 * ("application/json"). Of ranges that fit a type the most specific one counts; what fits none has no weight. */
bool accept_prefers(const char *accept, size_t len, const char *type, const char *usual);

#endif
