/* The tokens that the index has. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_TOKEN_LIST_H
#define DAPPD_SERVICES_TOKEN_LIST_H

#include <stddef.h>

#include "core/task.h"
#include "repos/token_repo.h"
#include "services/source.h"

/* A page, by address, of tokens that are complete and of others that are still being read. In: after, the last of the
 * page before, or NULL. Errors: ERR_INDEX_UNAVAILABLE, ERR_TIMEOUT. */
enum err token_list_get(struct task *task, const struct source *source, struct token_page *out, const address *after,
                        size_t limit) MUST_CHECK;

#endif
