/* Which transfers a request asks for. Pure; the request's coroutine. */
#ifndef DAPPD_ROUTES_TRANSFER_QUERY_H
#define DAPPD_ROUTES_TRANSFER_QUERY_H

#include "http/request.h"
#include "services/transfer_service.h"

enum { TRANSFER_FILTER_BYTES = 4 * (1 + 20) + 2 * 8 + 2 * (1 + 8) };

/* ?from=, to, token, from_block, to_block, since and until, as far as the route takes them. Errors: those of the
 * parameters; ERR_INVALID_PARAMETER where a range ends before it begins. */
enum err transfer_query_read(struct request *req, struct transfer_filter *out) MUST_CHECK;

/* The address of the path, on the side that ?direction= says: in, out, or both as without it. */
enum err transfer_query_read_party(struct request *req, struct transfer_filter *out) MUST_CHECK;

/* The token of the path. */
enum err transfer_query_read_token(struct request *req, struct transfer_filter *out) MUST_CHECK;

/* The filter without its chain, for cursors: equal bytes for equal filters. */
void transfer_filter_write(uint8_t out[TRANSFER_FILTER_BYTES], const struct transfer_filter *filter);

#endif
