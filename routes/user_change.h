/* The bodies of POST /users and PATCH /users/:id: {"name"?, "email"?, "role"?}. Reads untrusted bytes; what is read
 * lives in the task's arena. The request's coroutine. Source of the latter: RFC 7396. */
#ifndef DAPPD_ROUTES_USER_CHANGE_H
#define DAPPD_ROUTES_USER_CHANGE_H

#include "http/request.h"
#include "services/user_service.h"

/* Members that are absent are not set; name and email may be null. Errors: those of routes/body.h;
 * ERR_INVALID_PARAMETER for a role that is none. */
enum err user_change_parse(struct task *task, struct user_change *out, struct slice text) MUST_CHECK;

/* The same of a request: of PATCH, application/merge-patch+json is as good. */
enum err user_change_read(struct request *req, struct user_change *out) MUST_CHECK;

#endif
