/* Watched calls as clients see them. Pure; the request's coroutine. */
#ifndef DAPPD_ROUTES_WATCH_VIEW_H
#define DAPPD_ROUTES_WATCH_VIEW_H

#include "core/json_out.h"
#include "services/watch_service.h"

/* The members "id", "function", "args" and "event", into an object that has begun. */
void watch_view_members(struct json_out *out, const struct watch *watch);

/* What was read, as an object; null of nothing. */
void watch_view_reading(struct json_out *out, const struct watch_reading *reading);

#endif
