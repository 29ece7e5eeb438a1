/* Lists of transfers from the index, by page or as a whole. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_TRANSFER_SERVICE_H
#define DAPPD_SERVICES_TRANSFER_SERVICE_H

#include <stddef.h>

#include "core/task.h"
#include "repos/transfer_repo.h"
#include "services/source.h"

/* In: filter, whose chain_id is filled in; after, NULL for the first page; limit, 1 to 1000. Errors:
 * ERR_INDEX_UNAVAILABLE, ERR_NOT_INDEXED (the filter's token), ERR_CURSOR_EXPIRED (after's block is no longer on the
 * chain), ERR_TIMEOUT. */
enum err transfer_service_page(struct task *task, const struct source *source, struct transfer_page *out,
                               struct transfer_filter *filter, const struct list_place *after, size_t limit) MUST_CHECK;

/* All that are behind after. The sink begins only where there is no such error. */
enum err transfer_service_export(struct task *task, const struct source *source, struct transfer_filter *filter,
                                 const struct list_place *after, const struct transfer_sink *sink) MUST_CHECK;

#endif
