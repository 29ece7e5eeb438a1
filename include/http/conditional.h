/* Caching headers of an answer: from its block, or from a body that changes only with the program. One thread. */
#ifndef DAPPD_HTTP_CONDITIONAL_H
#define DAPPD_HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"
#include "http/response.h"

/* For an answer that follows from the request target and what `state` holds (a block's hash and what else it depends
 * on): sets the ETag from both, so that a 304 renders nothing. The same on every instance of this version.
 * A principal's answer is kept by nobody, but has its ETag. In: max_age_s, how long it stays true; immutable: for
 * ever. */
void conditional_set(const struct request *req, struct response *res, const void *state, size_t state_len,
                     unsigned max_age_s, bool immutable);

/* For answers that must never be kept. */
void conditional_no_store(struct response *res);

#endif
