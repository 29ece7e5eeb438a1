/* Finds wordings in what nodes say, whatever their case. Pure functions on untrusted text; any thread. */
#ifndef DAPPD_RPC_PHRASE_H
#define DAPPD_RPC_PHRASE_H

#include <stddef.h>

/* Longer messages are looked at only up to here: what they mean stands in front. */
enum { PHRASE_MAX_BYTES = 512 };

/* Lower case, locale-free since the text is. Returns the length. */
size_t phrase_fold(char out[PHRASE_MAX_BYTES], const char *text, size_t len);

/* Finds a pattern in folded text; '*' stands for any text. Returns what stands behind its last part, or NULL. */
const char *phrase_find(const char *text, size_t len, const char *pattern);

#endif
