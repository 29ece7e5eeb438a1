/* What the routes of accounts have in common: who asks, whom it is about, and requests that may be sent again. Errors
 * show no value, since paths and headers of these routes may be personal. The request's coroutine. */
#ifndef DAPPD_ROUTES_ACCOUNT_H
#define DAPPD_ROUTES_ACCOUNT_H

#include "core/json_out.h"
#include "core/uuid.h"
#include "http/request.h"
#include "http/response.h"
#include "services/caller.h"
#include "services/replay.h"

struct caller account_caller(const struct request *req);

/* The path parameter at index: a user's id, or "me" for whoever asks. ERR_INVALID_PARAMETER. */
enum err account_user(struct request *req, uuid *out, size_t index) MUST_CHECK;

/* The same of ?user=. Out: *given, whether there is one. */
enum err account_query_user(struct request *req, uuid *out, bool *given) MUST_CHECK;

/* The path parameter at index, an id. In: name, what to call it in the error. */
enum err account_id(struct request *req, uuid *out, size_t index, const char *name) MUST_CHECK;

/* The Idempotency-Key with what the request asks for, in the request's arena; NULL without one. To be called once the
 * body has been read. ERR_INVALID_PARAMETER. */
enum err account_replay(struct request *req, const struct replay **out) MUST_CHECK;

/* 201, and whether it was made by the same request before. */
void account_created(struct response *res, bool replayed);

/* A key with an id, or null. */
void account_view_id(struct json_out *out, const char *key, const uuid *id);

/* A key with unix seconds, null for 0. */
void account_view_time(struct json_out *out, const char *key, uint64_t at_s);

#endif
