/* Users and the addresses they have proven. Every change and its row of the audit log are one transaction. Errors and
 * memory as in repos/audit_repo.h. Runs on the task's coroutine. */
#ifndef DAPPD_REPOS_USER_REPO_H
#define DAPPD_REPOS_USER_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "core/uuid.h"
#include "eth/address.h"
#include "repos/audit_repo.h"

struct user_address {
    address address;
    uint64_t chain_id; /* 0: every chain */
    uint64_t proven_at_s;
};

struct user {
    uuid id;
    bool admin;
    const char *name;  /* NULL: none */
    const char *email; /* NULL: none */
    uint64_t version;
    uint64_t created_at_s;
    uint64_t updated_at_s;
    struct user_address *addresses; /* in the order in which they were proven */
    size_t n_addresses;
};

/* A request that may be sent again. Borrowed; NULL where one is taken: it may not. */
struct idempotency {
    uint8_t key_hash[32];
    uint8_t fingerprint[32];
};

/* ERR_USER_NOT_FOUND. */
enum err user_repo_get(struct task *task, struct user *out, const uuid *id) MUST_CHECK;

struct user_page {
    struct user *rows; /* in the order in which they were made */
    size_t n_rows;
    bool more;
};

/* In: after, NULL: from the first. */
enum err user_repo_page(struct task *task, struct user_page *out, const uuid *after, size_t limit) MUST_CHECK;

struct user_change {
    bool set_name, set_email, set_role;
    const char *name; /* NULL: none from now on */
    const char *email;
    bool admin;
};

/* A user without addresses, for an admin to prepare: an address is claimed by signing alone. Out: *replayed, the same
 * was asked before, and out is what was made then, as it is now. ERR_EMAIL_TAKEN, ERR_IDEMPOTENCY_KEY_REUSED;
 * ERR_USER_NOT_FOUND when what was made then is gone. */
enum err user_repo_create(struct task *task, struct user *out, bool *replayed, const struct user_change *what,
                          const struct audit_actor *by, const struct idempotency *idempotency) MUST_CHECK;

/* In: version, that it must have; 0: any. What changes nothing is no change: no new version, no row of the log.
 * ERR_USER_NOT_FOUND, ERR_PRECONDITION_FAILED, ERR_EMAIL_TAKEN. */
enum err user_repo_update(struct task *task, struct user *out, const uuid *id, uint64_t version,
                          const struct user_change *what, const struct audit_actor *by) MUST_CHECK;

/* Deletes it with its addresses, sessions and keys. ERR_USER_NOT_FOUND, ERR_PRECONDITION_FAILED. */
enum err user_repo_delete(struct task *task, const uuid *id, uint64_t version, const struct audit_actor *by) MUST_CHECK;

/* A nonce that is used up by what it allows. */
struct spending {
    uint8_t nonce[16];
    uint64_t expires_at_s;
};

/* Whether the request has added an address already: what proves one is good for minutes, the same request for a day.
 * Out: *replayed, and then the user as it is now. ERR_IDEMPOTENCY_KEY_REUSED; ERR_USER_NOT_FOUND. */
enum err user_repo_find_added(struct task *task, struct user *out, bool *replayed, const struct audit_actor *by,
                              const struct idempotency *idempotency) MUST_CHECK;

/* The address is the user's from now on; it may have been already. Out: the user; *replayed as above, and then the
 * nonce may be spent. ERR_USER_NOT_FOUND, ERR_ADDRESS_TAKEN, ERR_LIMIT_REACHED, ERR_INVALID_NONCE (spent before),
 * ERR_IDEMPOTENCY_KEY_REUSED, ERR_UNAUTHENTICATED (by's session has ended). */
enum err user_repo_add_address(struct task *task, struct user *out, bool *replayed, const uuid *id,
                               const struct user_address *what, size_t max, const struct spending *spending,
                               const struct audit_actor *by, const struct idempotency *idempotency) MUST_CHECK;

/* Ends the sessions of that address too. Out: the user. ERR_USER_NOT_FOUND, ERR_PRECONDITION_FAILED, ERR_LAST_ADDRESS;
 * ERR_NOT_FOUND when it is not the user's. In: chain_id as in user_address. */
enum err user_repo_remove_address(struct task *task, struct user *out, const uuid *id, uint64_t version,
                                  const address *what, uint64_t chain_id, const struct audit_actor *by) MUST_CHECK;

#endif
