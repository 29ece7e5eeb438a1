/* Watched calls: who may have one read, what may be one, and what has been read. Errors are those of
 * repos/watch_repo.h and services/abi_store.h, and of auth_check_admin where somebody changes something. Runs on the
 * task's coroutine. */
#ifndef DAPPD_SERVICES_WATCH_SERVICE_H
#define DAPPD_SERVICES_WATCH_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "repos/watch_repo.h"
#include "services/abi_store.h"
#include "services/caller.h"
#include "services/contract_call.h"
#include "services/json_piece.h"
#include "services/source.h"

struct watch_wish {
    address contract;
    struct named_function function;
    const char *event; /* name or canonical signature of one of the contract's; NULL: in every block */
    size_t event_len;
};

/* Errors of the function: those of abi_choose_call and abi_read_signature; ERR_INVALID_PARAMETER of one that is no
 * view, of a call that is too long, and of an event that no log can be known by; ERR_NOT_IN_ABI. Out: *created, false
 * where there was one already. */
enum err watch_service_create(struct task *task, const struct caller *caller, struct abi_store *store,
                              const struct source *source, struct watch *out, bool *created,
                              const struct watch_wish *wish) MUST_CHECK;

enum err watch_service_list(struct task *task, struct abi_store *store, const struct source *source, struct watch **out,
                            size_t *n, const address *contract) MUST_CHECK;

enum err watch_service_delete(struct task *task, const struct caller *caller, const struct source *source,
                              const address *contract, const uuid *id) MUST_CHECK;

/* What a contract answered, for clients. */
struct watch_reading {
    const struct watch_state *state;
    struct json_piece result; /* no text where it reverted, or answered what the function does not return */
    struct json_piece revert; /* no text where it did not */
};

struct watch_question {
    address contract;
    bool has_id; /* else all of the contract */
    uuid id;
    bool has_block; /* else what was read last */
    uint64_t block;
};

struct watch_readings {
    struct watch_page page;
    struct watch_reading *list; /* of each row */
};

/* ERR_WATCH_NOT_FOUND; ERR_STATE_NOT_KEPT where nothing that is asked for was read at the block; those of services/
 * indexed.h. */
enum err watch_service_states(struct task *task, struct abi_store *store, const struct source *source,
                              struct watch_readings *out, const struct watch_question *question) MUST_CHECK;

struct watch_past {
    struct watch_history history;
    struct watch_reading *list; /* of each state */
};

/* In: after, NULL for the first page. ERR_WATCH_NOT_FOUND, ERR_CURSOR_EXPIRED; those of services/indexed.h. */
enum err watch_service_history(struct task *task, struct abi_store *store, const struct source *source,
                               struct watch_past *out, const address *contract, const uuid *id,
                               const struct watch_place *after, size_t limit) MUST_CHECK;

#endif
