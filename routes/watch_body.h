/* The body of POST /contracts/:address/watches: {"function", "args"?, "event"?}. Reads untrusted bytes; what is read
 * lives in the task's arena. The request's coroutine. */
#ifndef DAPPD_ROUTES_WATCH_BODY_H
#define DAPPD_ROUTES_WATCH_BODY_H

#include "http/request.h"
#include "services/watch_service.h"

/* Out: all but the contract. Errors: those of routes/body.h. */
enum err watch_body_parse(struct task *task, struct watch_wish *out, struct slice text) MUST_CHECK;

#endif
