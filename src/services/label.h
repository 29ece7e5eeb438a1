/* Names that people give to themselves and to their keys. Reads untrusted bytes; pure, any thread. */
#ifndef DAPPD_SERVICES_LABEL_H
#define DAPPD_SERVICES_LABEL_H

#include <stdbool.h>
#include <stddef.h>

enum { LABEL_MAX_CHARS = 100, LABEL_MAX_BYTES = 4 * LABEL_MAX_CHARS };

/* For errors: what a label is. */
#define LABEL_RULE "1 to 100 characters, none of control or direction, no blank at either end"

/* 1 to LABEL_MAX_CHARS characters of UTF-8 that can be shown anywhere: no control characters, line separators or marks
 * of text direction, and something else than a blank at either end. */
bool label_is_valid(const char *text, size_t len);

#endif
