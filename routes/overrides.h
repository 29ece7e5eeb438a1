/* What accounts are taken to have in a simulation: {address: {"balance"?, "nonce"?, "code"?, "state"? or
 * "stateDiff"?}}. Untrusted JSON; what is read lives in the task's arena. The request's coroutine. Source:
 * execution-apis. */
#ifndef DAPPD_ROUTES_OVERRIDES_H
#define DAPPD_ROUTES_OVERRIDES_H

#include "core/task.h"
#include "eth/account_override.h"

enum { OVERRIDES_MAX_ACCOUNTS = 64, OVERRIDES_MAX_SLOTS = 1024, OVERRIDES_MAX_CODE_BYTES = 64 * 1024 };

struct json_t;

/* In: overrides, NULL: none. Errors are those of routes/chain_value.h. */
enum err overrides_parse(struct task *task, const struct account_override **out, size_t *n,
                         const struct json_t *overrides) MUST_CHECK;

#endif
