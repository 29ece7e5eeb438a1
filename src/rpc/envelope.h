/* Takes long results out of a JSON-RPC reply before it is parsed, so that they never become a tree. Reads untrusted
 * bytes, does no I/O; any thread. */
#ifndef DAPPD_RPC_ENVELOPE_H
#define DAPPD_RPC_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/* A result that was taken out. */
struct envelope_result {
    const char *text; /* borrowed from the reply; NULL: none was */
    size_t len;
};

/* Whose results are to be taken out: wanted[i] of the call with the id first_id + i. */
struct envelope_calls {
    uint64_t first_id;
    const bool *wanted;
    size_t n;
};

/* Copies the reply with "true" in place of each array or object that is the result of such a call. Whatever cannot be
 * told for sure stays in: text that is no JSON, results nested too deep. So a parser of what is left comes to the same
 * as one of the whole, except that what was taken out may be no JSON. Of an object with several results, or of several
 * answers to one call, the last one counts. Out: results, n of them. */
void envelope_open(struct buf *rest, struct envelope_result *results, const struct envelope_calls *calls,
                   const char *text, size_t len);

#endif
