/* The rules of API keys, with a repository that keeps one key and rights that the test decides.
 * Each test has a task with an arena and a ring of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/clock.h"
#include "services/key_service.h"

enum { ARENA_BYTES = 16 * 1024 };

#define RING "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const uuid own = {{1}};

/* What the repository has, and what it was asked. */
static struct {
    enum err user_err;
    enum scope own_scope, admins_scope;
    struct api_key kept;
    uint8_t sealed[API_SECRET_BYTES];
    bool has_sealed, replays;
    size_t creations, deletions, forgotten;
    bool whoever; /* anybody's key may be deleted */
} world;

static struct task task;
static struct auth auth;
static struct principal principal;
static const struct caller caller = {.auth = &auth, .principal = &principal, .request_id = "request"};

enum err auth_check_user(struct task *t, const struct principal *p, const uuid *user, enum scope own_scope,
                         enum scope admins_scope) {
    (void)p;
    (void)user;
    world.own_scope = own_scope;
    world.admins_scope = admins_scope;
    return world.user_err == ERR_OK ? ERR_OK : task_fail(t, world.user_err, "as the test has it");
}

void auth_forget_key(struct auth *a, const uuid *id) {
    (void)a;
    (void)id;
    world.forgotten++;
}

enum err key_repo_create(struct task *t, struct api_key *key, bool *replayed, uint8_t sealed[24], size_t max,
                         const uint8_t *sealed_secret, const struct audit_actor *by,
                         const struct idempotency *idempotency) {
    (void)t;
    assert_int_equal(max, USER_MAX_KEYS);
    assert_true(uuid_equal(by->user, &own));
    assert_int_equal(sealed_secret != NULL, idempotency != NULL);
    *replayed = world.replays;
    if (world.replays) {
        *key = world.kept;
        memcpy(sealed, world.sealed, sizeof world.sealed);
        return ERR_OK;
    }
    world.creations++;
    world.kept = *key;
    world.has_sealed = sealed_secret != NULL;
    if (world.has_sealed) memcpy(world.sealed, sealed_secret, sizeof world.sealed);
    return ERR_OK;
}

enum err key_repo_page(struct task *t, struct api_key_page *out, const uuid *user, const uuid *after, size_t limit) {
    (void)t;
    (void)user;
    (void)after;
    (void)limit;
    *out = (struct api_key_page){.n_rows = 0};
    return ERR_OK;
}

enum err key_repo_delete(struct task *t, const uuid *id, const uuid *user, const struct audit_actor *by) {
    (void)t;
    (void)id;
    (void)by;
    world.deletions++;
    world.whoever = user == NULL;
    return ERR_OK;
}

static int begin(void **state) {
    char problem[KEY_RING_PROBLEM_BYTES];
    (void)state;
    memset(&world, 0, sizeof world);
    principal = (struct principal){.kind = PRINCIPAL_SESSION, .has_user = true, .user = own};
    task = (struct task){.arena = arena_new(ARENA_BYTES)};
    assert_int_equal(key_ring_load(&auth.ring, problem, RING, "/nonexistent"), ERR_OK);
    return 0;
}

static int end(void **state) {
    (void)state;
    key_ring_free(auth.ring);
    arena_free(task.arena);
    return 0;
}

static const struct key_wish plain = {.name = "ci", .scopes = SCOPE_READ};
static struct api_key key;
static char text[API_KEY_TEXT_BYTES];
static bool replayed;

static void test_the_text_is_the_key_whose_hash_is_kept(void **state) {
    struct api_key_text have;
    uint8_t hash[SHA256_BYTES];
    (void)state;
    assert_int_equal(key_service_create(&task, &caller, &key, text, &replayed, &plain, NULL), ERR_OK);
    assert_int_equal(api_key_read(&have, text, strlen(text)), ERR_OK);
    sha256(hash, have.secret, sizeof have.secret);
    assert_memory_equal(hash, world.kept.secret_hash, sizeof hash);
    assert_true(uuid_equal(&have.id, &world.kept.id) && uuid_equal(&world.kept.user, &own));
    assert_string_equal(world.kept.name, "ci");
    assert_int_equal(world.kept.scopes, SCOPE_READ);
    assert_false(world.has_sealed);
    char again[API_KEY_TEXT_BYTES];
    assert_int_equal(key_service_create(&task, &caller, &key, again, &replayed, &plain, NULL), ERR_OK);
    assert_string_not_equal(again, text);
}

static void test_a_replay_tells_the_same_text(void **state) {
    struct replay replay;
    char again[API_KEY_TEXT_BYTES];
    (void)state;
    assert_true(replay_make(&replay, "once", "", 0));
    assert_int_equal(key_service_create(&task, &caller, &key, text, &replayed, &plain, &replay), ERR_OK);
    assert_true(world.has_sealed);
    world.replays = true;
    assert_int_equal(key_service_create(&task, &caller, &key, again, &replayed, &plain, &replay), ERR_OK);
    assert_string_equal(again, text);
    assert_int_equal(world.creations, 1);
    world.sealed[3] ^= 1;
    assert_int_equal(key_service_create(&task, &caller, &key, again, &replayed, &plain, &replay), ERR_KEY_NOT_FOUND);
}

static void test_when_a_key_may_expire(void **state) {
    uint64_t now_s = clock_wall_s();
    const struct {
        uint64_t expires_at_s;
        enum err err;
    } rows[] = {
        {0, ERR_OK},
        {now_s + 60, ERR_OK},
        {now_s + KEY_MAX_LIFE_S - 60, ERR_OK},
        {now_s + KEY_MAX_LIFE_S + 60, ERR_INVALID_PARAMETER},
        {now_s, ERR_INVALID_PARAMETER},
        {1, ERR_INVALID_PARAMETER},
        {UINT64_MAX, ERR_INVALID_PARAMETER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct key_wish wish = {.name = "ci", .scopes = SCOPE_READ, .expires_at_s = rows[i].expires_at_s};
        assert_int_equal(key_service_create(&task, &caller, &key, text, &replayed, &wish, NULL), rows[i].err);
    }
    assert_int_equal(world.creations, 3);
}

static void test_scopes_and_names(void **state) {
    static const struct {
        struct key_wish wish;
        enum err user, admin; /* what each is told */
    } rows[] = {
        {{.name = "ci", .scopes = SCOPE_NONE}, ERR_INVALID_PARAMETER, ERR_INVALID_PARAMETER},
        {{.name = "ci", .scopes = SCOPE_READ | SCOPE_ACCOUNT_READ | SCOPE_ACCOUNT_WRITE}, ERR_OK, ERR_OK},
        {{.name = "ci", .scopes = SCOPE_READ | SCOPE_USERS_READ}, ERR_FORBIDDEN, ERR_OK},
        {{.name = "ci", .scopes = SCOPE_USERS_WRITE}, ERR_FORBIDDEN, ERR_OK},
        {{.name = "ci", .scopes = SCOPE_AUDIT_READ}, ERR_FORBIDDEN, ERR_OK},
        {{.name = "c\ni", .scopes = SCOPE_READ}, ERR_INVALID_PARAMETER, ERR_INVALID_PARAMETER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        principal.admin = false;
        assert_int_equal(key_service_create(&task, &caller, &key, text, &replayed, &rows[i].wish, NULL), rows[i].user);
        principal.admin = true;
        assert_int_equal(key_service_create(&task, &caller, &key, text, &replayed, &rows[i].wish, NULL), rows[i].admin);
    }
}

static void test_rights_come_first(void **state) {
    static const struct key_wish wrong = {.name = "", .scopes = SCOPE_NONE};
    struct api_key_page page;
    (void)state;
    world.user_err = ERR_INSUFFICIENT_SCOPE;
    assert_int_equal(key_service_create(&task, &caller, &key, text, &replayed, &wrong, NULL), ERR_INSUFFICIENT_SCOPE);
    assert_int_equal(world.own_scope, SCOPE_SESSION);
    assert_int_equal(world.admins_scope, SCOPE_SESSION);
    assert_int_equal(key_service_page(&task, &caller, &page, &own, NULL, 1), ERR_INSUFFICIENT_SCOPE);
    assert_int_equal(world.own_scope, SCOPE_ACCOUNT_READ);
    assert_int_equal(world.admins_scope, SCOPE_USERS_READ);
    assert_int_equal(key_service_delete(&task, &caller, &own), ERR_INSUFFICIENT_SCOPE);
    assert_int_equal(world.own_scope, SCOPE_SESSION);
    assert_int_equal(world.creations + world.deletions + world.forgotten, 0);
}

static void test_admins_delete_anybodys(void **state) {
    (void)state;
    assert_int_equal(key_service_delete(&task, &caller, &own), ERR_OK);
    assert_false(world.whoever);
    principal.admin = true;
    assert_int_equal(key_service_delete(&task, &caller, &own), ERR_OK);
    assert_true(world.whoever);
    assert_int_equal(world.forgotten, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_text_is_the_key_whose_hash_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(test_a_replay_tells_the_same_text, begin, end),
        cmocka_unit_test_setup_teardown(test_when_a_key_may_expire, begin, end),
        cmocka_unit_test_setup_teardown(test_scopes_and_names, begin, end),
        cmocka_unit_test_setup_teardown(test_rights_come_first, begin, end),
        cmocka_unit_test_setup_teardown(test_admins_delete_anybodys, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
