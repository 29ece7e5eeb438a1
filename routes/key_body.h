/* The body of POST /keys: {"name", "scopes", "expires_at"?}. Reads untrusted bytes; what is read lives in the task's
 * arena. The request's coroutine. */
#ifndef DAPPD_ROUTES_KEY_BODY_H
#define DAPPD_ROUTES_KEY_BODY_H

#include "http/request.h"
#include "services/key_service.h"

/* Errors: those of routes/body.h; ERR_INVALID_PARAMETER for a scope that is none, or is there twice. */
enum err key_body_parse(struct task *task, struct key_wish *out, struct slice text) MUST_CHECK;

#endif
