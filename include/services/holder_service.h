/* Who holds a token: the largest first, at the index's tip. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_HOLDER_SERVICE_H
#define DAPPD_SERVICES_HOLDER_SERVICE_H

#include "repos/balance_repo.h"
#include "services/source.h"

struct holders {
    struct holder_page page;
    bool has_supply; /* the token says how much of it there is at the page's tip, which is not nothing */
    u256 supply;
    bool supply_pending; /* no node could tell: another time one may */
};

/* A page. Errors: ERR_INDEX_UNAVAILABLE, ERR_NOT_INDEXED, ERR_BALANCES_DRIFT, ERR_TIMEOUT. That the supply cannot be
 * had is none. */
enum err holder_service_get(struct task *task, const struct source *source, struct holders *out, const address *token,
                            const struct holder_place *after, size_t limit) MUST_CHECK;

#endif
