/* The body of POST /estimate. Reads untrusted bytes; results live in the task's arena. The request's coroutine. */
#ifndef DAPPD_ROUTES_ESTIMATE_BODY_H
#define DAPPD_ROUTES_ESTIMATE_BODY_H

#include "core/task.h"
#include "http/request.h"
#include "services/fee_service.h"

/* {"from"?, "to"?, "data"?, "value"?}, of which `to` or the data of a creation has to be there. Errors are those of
 * routes/body.h and routes/chain_value.h. */
enum err estimate_body_parse(struct task *task, struct draft *out, struct slice text) MUST_CHECK;

#endif
