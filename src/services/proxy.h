/* What stands behind a proxy contract. Runs on the task's coroutine. Source: EIP-1967. */
#ifndef DAPPD_SERVICES_PROXY_H
#define DAPPD_SERVICES_PROXY_H

#include <stdbool.h>

#include "core/task.h"
#include "eth/address.h"
#include "services/source.h"

struct proxy_look {
    address contract; /* in */
    bool found;       /* it has an implementation: in its slot, or told by the beacon in its other slot */
    address implementation;
};

/* What it has at the newest block. Errors of nodes; what a beacon does not tell is none. */
enum err proxy_read(struct task *task, const struct source *source, struct proxy_look *look) MUST_CHECK;

#endif
