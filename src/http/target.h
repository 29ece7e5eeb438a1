/* The request target: path segments and query arguments, percent-decoded exactly once. Reads untrusted bytes; decoded
 * text lives in the given arena. Pure otherwise; any thread. Source: RFC 3986. */
#ifndef DAPPD_HTTP_TARGET_H
#define DAPPD_HTTP_TARGET_H

#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"
#include "http/request.h"

enum { TARGET_MAX_SEGMENTS = 16 };

struct target {
    struct slice path;                          /* raw, without the query */
    struct slice segments[TARGET_MAX_SEGMENTS]; /* decoded; "/" has none */
    size_t n_segments;
    struct query_arg query[REQUEST_MAX_QUERY]; /* decoded, in order; "+" is a space */
    size_t n_query;
    const char *problem; /* static sentence when parsing fails */
};

/* How much of a target in absolute form ("http://host/path", which clients send to proxies and every server has to
 * take) stands before its path; 0 for any other. Source: RFC 9112, 3.2.2. */
size_t target_authority_len(const char *text, size_t len);

/* Splits and decodes. Returns ERR_BAD_REQUEST (broken percent-encoding, encoded NUL, no leading slash),
 * ERR_INVALID_PARAMETER (too many query arguments), ERR_NOT_FOUND (an empty segment or more segments than any route
 * has; nothing is guessed about what was meant) or ERR_OVERLOADED (arena's cap), with target->problem set. */
enum err target_parse(struct target *target, struct arena *arena, const char *text, size_t len) MUST_CHECK;

#endif
