/* The body of PUT /contracts/:address: {"abi"?, "name"?, "from_block"?, "events"?}. Reads untrusted bytes; what is read
 * lives in the task's arena. The request's coroutine. */
#ifndef DAPPD_ROUTES_CONTRACT_BODY_H
#define DAPPD_ROUTES_CONTRACT_BODY_H

#include "http/request.h"
#include "services/contract_service.h"

/* Out: all but the address and proxy. Of the ABI it is checked only that it is an array. Errors: those of
 * routes/body.h. */
enum err contract_body_parse(struct task *task, struct contract_wish *out, struct slice text) MUST_CHECK;

#endif
