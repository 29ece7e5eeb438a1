/* Which events a request asks for. Pure; the request's coroutine. */
#ifndef DAPPD_ROUTES_EVENT_QUERY_H
#define DAPPD_ROUTES_EVENT_QUERY_H

#include "core/buf.h"
#include "http/request.h"
#include "services/event_service.h"

/* What is asked for, with room for its arguments. */
struct event_query {
    struct event_question question;
    struct event_argument args[REQUEST_MAX_QUERY];
};

/* The contract of the path, and ?event=, arg.NAME, topic0 to topic3, from_block, to_block and order. Errors: those of
 * the parameters. Borrows from the request. */
enum err event_query_read(struct request *req, struct event_query *out) MUST_CHECK;

/* Appends the question, for cursors: equal bytes for the same question only. */
void event_query_write(struct buf *out, const struct event_question *question);

#endif
