/* Who may do what: what all services of sign-in and accounts share, and how credentials become a principal. Made and
 * freed by app, shared by all reactors; functions run on the task's coroutine. */
#ifndef DAPPD_SERVICES_AUTH_H
#define DAPPD_SERVICES_AUTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cache.h"
#include "core/principal.h"
#include "core/task.h"
#include "eth/address.h"
#include "rpc/chain.h"
#include "services/key_ring.h"
#include "services/spent.h"

enum { MAX_AUTH_DOMAINS = 64, MAX_ADMINS = 64 };

struct auth {
    struct key_ring *ring;
    const char *domains; /* the setting: comma-separated, checked */
    address admins[MAX_ADMINS];
    size_t n_admins;
    uint64_t access_ttl_s;
    uint64_t refresh_ttl_s;
    uint64_t nonce_ttl_s;
    struct chain **chains;
    size_t n_chains;
    struct cache *cache;
    bool has_database;
    struct spent *spent; /* without a database: nonces, and sessions that were ended */
    uint64_t started_s;  /* unix seconds; without a database older sessions are not known to go on */
    uint64_t token_hash_key[2];
    atomic_uint notes; /* of the use of keys, that are being written */
};

struct auth_settings {
    const char *domains, *keys, *data_dir, *admins;
    uint64_t access_ttl_s, refresh_ttl_s, nonce_ttl_s;
};

/* The ring's key is read from data_dir, or made there, only where there are domains, and so sessions to sign. Settings
 * are checked, and borrowed. Returns ERR_INVALID_PARAMETER with a sentence for the operator. */
enum err auth_new(struct auth **out, char problem[KEY_RING_PROBLEM_BYTES], const struct auth_settings *settings,
                  struct chain **chains, size_t n_chains, struct cache *cache, bool has_database) MUST_CHECK;
void auth_free(struct auth *auth);

/* What stands behind "Bearer " becomes a principal. In: verify, ask the database too, so that what has been revoked
 * counts at once and admin is known; else an access token is good until it expires, and a key until a few seconds after
 * its end. ERR_UNAUTHENTICATED, ERR_TOKEN_EXPIRED, ERR_ACCOUNTS_UNAVAILABLE. */
enum err auth_identify(struct task *task, struct auth *auth, struct principal *out, const char *credentials, size_t len,
                       bool verify) MUST_CHECK;

/* A key was deleted, or its user: what was kept of it is forgotten here. A look-up that is under way may keep it once
 * more, for its few seconds. */
void auth_forget_key(struct auth *auth, const uuid *id);

/* The rules of who may see and change a user: itself, with the scope if it is a key, or an admin, with the admins'
 * scope. In: principal, verified. ERR_FORBIDDEN, ERR_INSUFFICIENT_SCOPE, ERR_ACCOUNTS_UNAVAILABLE where there are no
 * users. */
enum err auth_check_user(struct task *task, const struct principal *principal, const uuid *user, enum scope own,
                         enum scope admins) MUST_CHECK;
enum err auth_check_admin(struct task *task, const struct principal *principal, enum scope scope) MUST_CHECK;

#endif
