/* The W3C traceparent header. Reads untrusted bytes; pure functions, any thread. Source: W3C Trace Context, level 1. */
#ifndef DAPPD_MIDDLEWARE_TRACEPARENT_H
#define DAPPD_MIDDLEWARE_TRACEPARENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"

/* "00-" 32 hex "-" 16 hex "-" 2 hex, lower case, ids not all zero; later versions may have more behind another dash.
 * Returns false and leaves *out alone when it is anything else. */
bool traceparent_parse(struct trace *out, const char *text, size_t len);

#endif
