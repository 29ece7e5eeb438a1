/* Sessions: the families of refresh tokens that sign-ins begin. Every change and its row of the audit log are one
 * transaction. Errors and memory as in repos/audit_repo.h. Runs on the task's coroutine. */
#ifndef DAPPD_REPOS_SESSION_REPO_H
#define DAPPD_REPOS_SESSION_REPO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/task.h"
#include "core/uuid.h"
#include "eth/address.h"
#include "repos/user_repo.h"

struct session {
    uuid id;
    uuid user;
    bool admin; /* as it is now */
    address address;
    uint64_t chain_id; /* of the message */
    uint32_t generation;
    uint64_t expires_at_s;
};

struct sign_in {
    struct spending spending;
    address address;
    uint64_t chain_id; /* of the message */
    bool any_chain;    /* the address's own key has signed, so it is the same user on every chain */
    bool admin;        /* the configuration names it */
    uuid session;      /* to be made */
    uint64_t expires_at_s;
};

/* Spends the nonce, finds the address's user or makes one, makes it an admin where the configuration says so, and
 * begins a session of generation 1. Out: *created, the user is new. ERR_INVALID_NONCE when it was spent before. */
enum err session_repo_sign_in(struct task *task, struct session *out, bool *created, const struct sign_in *what,
                              const char *request_id) MUST_CHECK;

/* The next generation. Out: session as it is from now on. In: generation, of the token presented.
 * ERR_INVALID_REFRESH_TOKEN when the session has ended; ERR_REFRESH_TOKEN_REUSED when the generation is an earlier one:
 * then it ends now, with a row of the log. */
enum err session_repo_rotate(struct task *task, struct session *out, const uuid *id, uint32_t generation,
                             uint64_t expires_at_s, const char *request_id) MUST_CHECK;

/* ERR_UNAUTHENTICATED when it has ended. */
enum err session_repo_get(struct task *task, struct session *out, const uuid *id) MUST_CHECK;

/* Ends it; one that has ended already is fine. */
enum err session_repo_end(struct task *task, const uuid *id, const struct audit_actor *by) MUST_CHECK;

/* Deletes what has run out: spent nonces, sessions, idempotency keys older than their time. A few thousand rows at
 * most; Out: *more, there are others. */
enum err session_repo_sweep(struct task *task, bool *more, uint64_t now_s) MUST_CHECK;

#endif
