/* Bounds how deep JSON nests before a parser that recurses sees it. Reads untrusted bytes; pure
 * function, any thread. */
#ifndef DAPPD_CORE_JSON_DEPTH_H
#define DAPPD_CORE_JSON_DEPTH_H

#include <stdbool.h>
#include <stddef.h>

enum { JSON_MAX_DEPTH = 64 };

/* Returns true when no array or object of the text lies deeper than max_depth; "[]" alone has depth 1. Text that is no
 * JSON may pass: up to where a parser gives up on it, the parser is never deeper than that either. */
bool json_depth_within(const char *text, size_t len, unsigned max_depth);

#endif
