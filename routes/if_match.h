/* If-Match: which versions of a thing a change is meant for. Its entity tags are its versions, "7". Reads untrusted
 * bytes; the request's coroutine. Source: RFC 9110, section 13.1.1. */
#ifndef DAPPD_ROUTES_IF_MATCH_H
#define DAPPD_ROUTES_IF_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"
#include "http/response.h"
#include "services/user_service.h"

/* "*", or a list of entity tags; weak ones and others that are no version of ours match nothing and are left out.
 * Returns false when it is neither, or names more versions than MAX_EXPECTED_VERSIONS. */
bool if_match_parse(struct expected_versions *out, const char *text, size_t len);

/* The request's header. Without one any version is right, unless it is required: ERR_PRECONDITION_REQUIRED.
 * ERR_INVALID_PARAMETER when it is malformed. */
enum err if_match_read(struct request *req, struct expected_versions *out, bool required) MUST_CHECK;

/* The version as the answer's entity tag. */
void if_match_set_etag(struct response *res, uint64_t version);

#endif
