/* Plain decimal numbers from untrusted text. Pure functions, any thread. */
#ifndef DAPPD_CORE_DECIMAL_H
#define DAPPD_CORE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads digits and nothing else: no sign, no space, no suffix, no leading zero except in "0" itself, so that a number
 * has exactly one spelling. Returns false, with *out untouched, on anything else and past 2^64-1. */
bool decimal_parse_u64(uint64_t *out, const char *text, size_t len);

#endif
