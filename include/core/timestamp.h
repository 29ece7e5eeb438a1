/* Moments as clients write them. Reads untrusted bytes; pure, any thread. */
#ifndef DAPPD_CORE_TIMESTAMP_H
#define DAPPD_CORE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unix seconds (plain decimal digits), or a date and time of RFC 3339 not before 1970, with Z or an offset; a space may
 * stand for the offset's + since that is what a query makes of it. Out: whole seconds, and whether a fraction was cut
 * off. Returns false, with nothing touched, on anything else. */
bool timestamp_parse(uint64_t *seconds, bool *is_cut, const char *text, size_t len);

#endif
