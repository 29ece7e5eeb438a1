/* API keys, of which only the hash of the secret is kept. Every change and its row of the audit log are one
 * transaction. Errors and memory as in repos/audit_repo.h. Runs on the task's coroutine. */
#ifndef DAPPD_REPOS_KEY_REPO_H
#define DAPPD_REPOS_KEY_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "core/uuid.h"
#include "repos/user_repo.h"

struct api_key {
    uuid id;
    uuid user;
    bool admin; /* its user is, now */
    const char *name;
    uint8_t secret_hash[32];
    uint32_t scopes; /* core/principal.h */
    uint64_t created_at_s;
    uint64_t expires_at_s;   /* 0: never */
    uint64_t last_used_at_s; /* 0: never */
};

/* In: key without times but expires_at_s; max, how many a user may have; sealed_secret, 24 bytes to be kept with the
 * idempotency key, NULL without one. Out: key; *replayed, then sealed is what was kept. ERR_LIMIT_REACHED,
 * ERR_USER_NOT_FOUND, ERR_IDEMPOTENCY_KEY_REUSED, ERR_UNAUTHENTICATED (by's session has ended); ERR_KEY_NOT_FOUND when
 * what was made then is gone. */
enum err key_repo_create(struct task *task, struct api_key *key, bool *replayed, uint8_t sealed[24], size_t max,
                         const uint8_t *sealed_secret, const struct audit_actor *by,
                         const struct idempotency *idempotency) MUST_CHECK;

/* ERR_KEY_NOT_FOUND; expired ones are found. */
enum err key_repo_get(struct task *task, struct api_key *out, const uuid *id) MUST_CHECK;

struct api_key_page {
    struct api_key *rows; /* in the order in which they were made */
    size_t n_rows;
    bool more;
};

/* In: after, NULL: from the first. */
enum err key_repo_page(struct task *task, struct api_key_page *out, const uuid *user, const uuid *after,
                       size_t limit) MUST_CHECK;

/* ERR_KEY_NOT_FOUND; also when user is not NULL and it is another's. */
enum err key_repo_delete(struct task *task, const uuid *id, const uuid *user, const struct audit_actor *by) MUST_CHECK;

/* Notes a use. No change that the log would tell. */
enum err key_repo_touch(struct task *task, const uuid *id, uint64_t now_s) MUST_CHECK;

#endif
