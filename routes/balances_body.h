/* The body of POST /balances. Reads untrusted bytes; results live in the task's arena. Pure otherwise. */
#ifndef DAPPD_ROUTES_BALANCES_BODY_H
#define DAPPD_ROUTES_BALANCES_BODY_H

#include "core/task.h"
#include "eth/block.h"
#include "http/request.h"
#include "services/balance_service.h"

enum { BALANCES_MAX_ITEMS = 1000 };

struct balances_body {
    struct balance *items; /* read.kind, owner and token filled in */
    size_t n_items;
    struct block_spec spec;
};

/* {"items":[{"address","token"?}], "block"?}; 1 to BALANCES_MAX_ITEMS items, nothing unknown, nothing twice.
 * Errors name the member: ERR_INVALID_JSON, ERR_INVALID_PARAMETER, ERR_INVALID_ADDRESS, ERR_CHECKSUM_MISMATCH. */
enum err balances_body_parse(struct task *task, struct balances_body *out, struct slice text) MUST_CHECK;

#endif
