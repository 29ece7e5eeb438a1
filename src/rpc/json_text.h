/* The inside of JSON strings: where they end, and what they say. Reads untrusted bytes; pure functions, any thread.
 * Source: RFC 8259, section 7. */
#ifndef DAPPD_RPC_JSON_TEXT_H
#define DAPPD_RPC_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

/* Returns the closing quote of the string that begins at `at`, behind its opening quote. NULL: it has none, or holds
 * what no string may (control characters, broken UTF-8 or escapes, halves of surrogate pairs). */
const char *json_text_end(const char *at, const char *end);

/* Appends what the string says. In: text, which json_text_end has seen. Returns false when out is too small. */
bool json_text_unescape(struct buf *out, const char *text, size_t len);

#endif
