/* The bodies of POST /contracts/:address/call and /simulate. Read untrusted bytes; results live in the task's arena.
 * The request's coroutine. Errors are those of routes/body.h and routes/chain_value.h. */
#ifndef DAPPD_ROUTES_CALL_BODY_H
#define DAPPD_ROUTES_CALL_BODY_H

#include "core/task.h"
#include "eth/block.h"
#include "http/request.h"
#include "services/call_service.h"
#include "services/simulate_service.h"

enum { CALL_BODY_MAX_DEPTH = 24 }; /* arguments as deep as an ABI may be */

/* {"function", "args"?, "block"?, "from"?, "value"?}. Out: what goes into the call. */
enum err call_body_parse(struct task *task, struct contract_call *out, struct block_spec *spec,
                         struct slice text) MUST_CHECK;

/* {"function" and "args"?, or "data"; "block"?, "from"?, "value"?, "gas"?, "overrides"?}. Out: what goes into the
 * simulation. */
enum err simulate_body_parse(struct task *task, struct contract_simulation *out, struct block_spec *spec,
                             struct slice text) MUST_CHECK;

/* The members of such bodies: "args"?, of which *out is NULL where there are none; "function" with "args"?; "from"? and
 * "value"?. In: root, the body. */
enum err call_body_args(struct task *task, const struct json_t **out, const struct json_t *root) MUST_CHECK;
enum err call_body_function(struct task *task, struct named_function *out, const struct json_t *root) MUST_CHECK;
enum err call_body_sender(struct task *task, struct call_sender *out, const struct json_t *root) MUST_CHECK;

#endif
