/* Lists of a contract's events from the index. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_EVENT_SERVICE_H
#define DAPPD_SERVICES_EVENT_SERVICE_H

#include <stddef.h>

#include "core/task.h"
#include "repos/event_repo.h"
#include "services/abi_store.h"
#include "services/source.h"

/* An indexed argument that has to have this value: a number, 0x-hex or text as it is, arrays and tuples as JSON. */
struct event_argument {
    const char *name; /* or its position, from 0 */
    size_t name_len;
    const char *value;
    size_t value_len;
};

/* What is asked for. All text is borrowed. */
struct event_question {
    const char *event; /* name, canonical signature or a whole human-readable one; NULL: any */
    size_t event_len;
    const struct event_argument *args; /* of that event */
    size_t n_args;
    struct event_filter filter; /* contract, blocks, topics and order; the rest is filled in */
};

struct event_list {
    struct event_page page;
    const char **signatures; /* of each row, canonical; NULL of what the ABI does not know now */
};

/* In: after, NULL for the first page; limit, 1 to 1000. Errors: ERR_CONTRACT_NOT_FOUND, ERR_CONTRACTS_UNAVAILABLE;
 * ERR_INVALID_ABI, ERR_NOT_IN_ABI, ERR_INVALID_ARGUMENT, ERR_INVALID_PARAMETER of the question;
 * ERR_INDEX_UNAVAILABLE, ERR_NOT_INDEXED, ERR_CURSOR_EXPIRED (after's block is no longer on the chain). */
enum err event_service_page(struct task *task, struct abi_store *store, const struct source *source,
                            struct event_list *out, struct event_question *question, const struct list_place *after,
                            size_t limit) MUST_CHECK;

#endif
