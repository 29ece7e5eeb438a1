/* What sign-in and accounts share, and the rules of who may see and change what. How credentials are read is in
 * auth_identify.c.
 * Owns the ring and what is spent; settings, chains and cache are borrowed.
 * Made on the main thread; any thread afterwards. */
#include "services/auth.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/comma_list.h"
#include "core/digest.h"

/* Sign-ins and ends of sessions within the life of a nonce or an access token, some 200 a second. */
enum { MAX_SPENT = 131072 };

static void set_admins(struct auth *auth, const char *setting) {
    for (struct comma_list list = comma_list_of(setting); comma_list_next(&list);) {
        assert(auth->n_admins < MAX_ADMINS);
        address *admin = &auth->admins[auth->n_admins++];
        if (address_parse(admin, list.entry, list.len) != ERR_OK) abort(); /* the setting was checked */
    }
}

enum err auth_new(struct auth **out, char problem[KEY_RING_PROBLEM_BYTES], const struct auth_settings *settings,
                  struct chain **chains, size_t n_chains, struct cache *cache, bool has_database) {
    struct key_ring *ring;
    bool signs_in = settings->domains[0] != '\0';
    enum err err = key_ring_load(&ring, problem, settings->keys, signs_in ? settings->data_dir : NULL);
    if (err != ERR_OK) return err;
    struct auth *auth = malloc(sizeof *auth);
    if (auth == NULL) abort();
    *auth = (struct auth){.ring = ring,
                          .domains = settings->domains,
                          .access_ttl_s = settings->access_ttl_s,
                          .refresh_ttl_s = settings->refresh_ttl_s,
                          .nonce_ttl_s = settings->nonce_ttl_s,
                          .chains = chains,
                          .n_chains = n_chains,
                          .cache = cache,
                          .has_database = has_database,
                          .spent = has_database ? NULL : spent_new(MAX_SPENT),
                          .started_s = clock_wall_s()};
    secure_random(auth->token_hash_key, sizeof auth->token_hash_key);
    set_admins(auth, settings->admins);
    /* That a nonce is spent is known to this process alone. */
    if (!has_database) key_ring_keep_to_process(ring, KEY_NONCE);
    *out = auth;
    return ERR_OK;
}

void auth_free(struct auth *auth) {
    if (auth == NULL) return;
    spent_free(auth->spent);
    key_ring_free(auth->ring);
    free(auth);
}

static bool has_scope(const struct principal *principal, enum scope scope) {
    return principal->kind == PRINCIPAL_SESSION ||
           (principal->kind == PRINCIPAL_KEY && (principal->scopes & (uint32_t)scope) != 0);
}

static enum err check_scope(struct task *task, const struct principal *principal, enum scope scope) {
    if (has_scope(principal, scope)) return ERR_OK;
    return task_fail(task, ERR_INSUFFICIENT_SCOPE,
                     scope == SCOPE_SESSION ? "no API key may do this: a wallet has to sign in"
                                            : "the API key was made without the scope that this needs");
}

/* Whoever is not verified is no admin and nobody's user. */
static enum err check_known(struct task *task, const struct principal *principal) {
    assert(principal->kind == PRINCIPAL_ANONYMOUS || principal->verified);
    if (principal->kind == PRINCIPAL_ANONYMOUS) {
        return task_fail(task, ERR_UNAUTHENTICATED, "this needs an access token or an API key");
    }
    if (!principal->has_user) {
        return task_fail(task, ERR_ACCOUNTS_UNAVAILABLE, "there are no users without a database");
    }
    return ERR_OK;
}

enum err auth_check_user(struct task *task, const struct principal *principal, const uuid *user, enum scope own,
                         enum scope admins) {
    enum err err = check_known(task, principal);
    if (err != ERR_OK) return err;
    if (principal->admin && has_scope(principal, admins)) return ERR_OK;
    if (uuid_equal(&principal->user, user)) return check_scope(task, principal, own);
    if (principal->admin) return check_scope(task, principal, admins);
    return task_fail(task, ERR_FORBIDDEN, "a user sees and changes only itself");
}

enum err auth_check_admin(struct task *task, const struct principal *principal, enum scope scope) {
    enum err err = check_known(task, principal);
    if (err != ERR_OK) return err;
    if (!principal->admin) return task_fail(task, ERR_FORBIDDEN, "this is for admins");
    return check_scope(task, principal, scope);
}
