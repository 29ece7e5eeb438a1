/* The bodies of POST /contracts/:address/encode, POST /contracts/:address/deploy and POST /deploy. Read untrusted
 * bytes; results live in the task's arena. The request's coroutine. Errors are those of routes/body.h and
 * routes/chain_value.h. */
#ifndef DAPPD_ROUTES_ENCODE_BODY_H
#define DAPPD_ROUTES_ENCODE_BODY_H

#include "http/request.h"
#include "services/encode_service.h"

/* {"function", "args"?, "from"?, "value"?} */
enum err encode_body_parse(struct task *task, struct function_encoding *out, struct slice text) MUST_CHECK;

/* {"bytecode", "args"?, "from"?, "value"?}, and unless the ABI is a registered one, "abi"?. */
enum err deploy_body_parse(struct task *task, struct deployment *out, struct slice text) MUST_CHECK;

#endif
