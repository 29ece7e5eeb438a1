/* Users: who may see and change them, and what their members may be. Errors are those of auth_check_user and, unless a
 * function says more, of its repo (repos/user_repo.h). Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_USER_SERVICE_H
#define DAPPD_SERVICES_USER_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "repos/user_repo.h"
#include "services/caller.h"
#include "services/replay.h"

enum { USER_MAX_ADDRESSES = 20, MAX_EXPECTED_VERSIONS = 8 };

/* Versions that what is to be changed may have. None at all: it cannot be the right one. */
struct expected_versions {
    bool any;
    bool must_exist; /* any version, of what there is */
    uint64_t versions[MAX_EXPECTED_VERSIONS];
    size_t n;
};

enum err user_service_get(struct task *task, const struct caller *caller, struct user *out, const uuid *id) MUST_CHECK;

/* Admins only. In: after, NULL: from the first. */
enum err user_service_page(struct task *task, const struct caller *caller, struct user_page *out, const uuid *after,
                           size_t limit) MUST_CHECK;

/* Admins only. ERR_INVALID_PARAMETER for a name or e-mail address that is none. In: replay, NULL where the request may
 * not be sent again. */
enum err user_service_create(struct task *task, const struct caller *caller, struct user *out, bool *replayed,
                             const struct user_change *what, const struct replay *replay) MUST_CHECK;

/* The role is for admins to change. ERR_INVALID_PARAMETER as above. */
enum err user_service_update(struct task *task, const struct caller *caller, struct user *out, const uuid *id,
                             const struct expected_versions *expected, const struct user_change *what) MUST_CHECK;

enum err user_service_delete(struct task *task, const struct caller *caller, const uuid *id,
                             const struct expected_versions *expected) MUST_CHECK;

/* A message of Sign-In with Ethereum, and the signature of the address that it names. Borrowed. */
struct address_claim {
    const char *message;
    size_t message_len;
    const uint8_t *signature; /* bytes */
    size_t signature_len;
};

/* The signature proves the address, the session whose it becomes: so nobody does this for another, not even an admin.
 * What the same request has added before is not proven again. Errors of sign_in_prove too. */
enum err user_service_add_address(struct task *task, const struct caller *caller, struct user *out, bool *replayed,
                                  const uuid *id, const struct address_claim *claim,
                                  const struct replay *replay) MUST_CHECK;

/* In: chain_id, 0: of the address that is the user's on every chain. */
enum err user_service_remove_address(struct task *task, const struct caller *caller, struct user *out, const uuid *id,
                                     const struct expected_versions *expected, const address *what,
                                     uint64_t chain_id) MUST_CHECK;

#endif
