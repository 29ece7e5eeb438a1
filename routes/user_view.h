/* A user as JSON. Pure; the request's coroutine. */
#ifndef DAPPD_ROUTES_USER_VIEW_H
#define DAPPD_ROUTES_USER_VIEW_H

#include "core/json_out.h"
#include "http/request.h"
#include "http/response.h"
#include "services/user_service.h"

void user_view(struct json_out *out, const struct user *user);

/* Answers with the user, which lives in the request's arena, and its version as ETag. */
void user_view_answer(struct response *res, const struct user *user);

/* 201, for a user that is new or has something new. */
void user_view_created(struct response *res, const struct user *user, bool replayed);

#endif
