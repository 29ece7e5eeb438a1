/* Calls of registered contracts whose answers are kept, and what they have answered (tables watches and watch_states).
 * Watches have the errors of repos/contract_repo.h, states those of repos/pg.h. Memory is the task's arena; the task's
 * coroutine. */
#ifndef DAPPD_REPOS_WATCH_REPO_H
#define DAPPD_REPOS_WATCH_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "core/uuid.h"
#include "eth/block.h"
#include "repos/audit_repo.h"
#include "repos/pg_session.h"

struct watch {
    uuid id;
    address contract;
    const char *signature; /* human-readable, with what it returns */
    const char *args;      /* JSON, not NUL-terminated */
    size_t args_len;
    const uint8_t *data; /* the call */
    size_t data_len;
    const char *event; /* canonical signature: it is read in blocks with this event; NULL: in every block */
    hash32 event_topic;
    uint64_t created_at; /* unix seconds */
};

/* How many there may be. */
struct watch_limits {
    size_t of_contract;
    size_t of_chain;
};

/* The same call at the same event is the same watch. In: everything but its time; id, which a new one gets. Out: *out;
 * *created, false where there was one. ERR_CONTRACT_NOT_FOUND; ERR_INVALID_PARAMETER when the contract's events are not
 * indexed; ERR_LIMIT_REACHED. */
enum err watch_repo_create(struct task *task, struct watch *out, bool *created, const struct watch *what,
                           uint64_t chain_id, const struct watch_limits *limits,
                           const struct audit_actor *by) MUST_CHECK;

/* All of a contract, the oldest first. Of a contract that is not registered there are none. */
enum err watch_repo_list(struct task *task, struct watch **out, size_t *n, uint64_t chain_id,
                         const address *contract) MUST_CHECK;

/* With all that it answered. ERR_WATCH_NOT_FOUND. */
enum err watch_repo_delete(struct task *task, uint64_t chain_id, const address *contract, const uuid *id,
                           const struct audit_actor *by) MUST_CHECK;

/* All of a chain that are to be read: those of contracts whose events are indexed. The print tells whether they are
 * others than before. */
enum { WATCH_PRINT_BYTES = 33 };
enum err watch_repo_print(struct task *task, struct pg_session *session, char out[WATCH_PRINT_BYTES],
                          uint64_t chain_id) MUST_CHECK;
enum err watch_repo_all(struct task *task, struct pg_session *session, struct watch **out, size_t *n,
                        uint64_t chain_id) MUST_CHECK;

/* What a watch answered whenever it was read from the first block to the last. */
struct watch_state {
    bool known; /* false: nothing was kept; the rest is zero */
    bool reverted;
    struct block_ref first; /* number, hash and timestamp */
    uint64_t last;
    uint64_t read; /* the one of these reads that answers what was asked for */
    const uint8_t *data;
    size_t data_len;
};

struct watched {
    struct watch watch; /* without data */
    struct watch_state state;
};

struct watch_page {
    bool has_tip;           /* false: this chain's index has nothing to serve yet; nothing else is set then */
    struct block_ref block; /* the tip, of the same snapshot */
    struct watched *rows;
    size_t n_rows;
};

/* All watches of a contract with what was read of each last (at: NULL), or what is known to be true of it at that
 * block. In: id, NULL: all. */
enum err watch_repo_states(struct task *task, struct watch_page *out, uint64_t chain_id, const address *contract,
                           const uuid *id, const uint64_t *at) MUST_CHECK;

/* Where a history goes on: behind the row that begins with this block. */
struct watch_place {
    uint64_t first_block;
    hash32 first_hash;
};

struct watch_history {
    bool has_tip; /* as above */
    struct block_ref block;
    bool found; /* the contract has this watch; nothing else is set unless it does */
    struct watch watch;
    bool place_moved;           /* a reorg has taken the row back at which the page before ended */
    struct watch_state *states; /* newest first */
    size_t n_states;
    bool more;
};

enum { WATCH_PAGE_BYTES = 1024 * 1024 };

/* At most so many, and no more than WATCH_PAGE_BYTES of data, but always one. In: after, NULL: from the newest; limit,
 * 1 to 1000. */
enum err watch_repo_history(struct task *task, struct watch_history *out, uint64_t chain_id, const address *contract,
                            const uuid *id, const struct watch_place *after, size_t limit) MUST_CHECK;

#endif
