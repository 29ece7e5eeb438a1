/* The rules of users, with repositories, rights and proofs that only note what they are asked.
 * Each test has a task with an arena of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "services/key_service.h"
#include "services/sign_in_service.h"
#include "services/user_service.h"

enum { ARENA_BYTES = 16 * 1024, CHAIN_ID = 31337 };

static const uuid own = {{1}}, others = {{2}};

/* What the rest of dappd says, and what it was asked. */
static struct {
    enum err user_err, admin_err, prove_err, delete_err;
    enum scope own_scope, admins_scope, admin_scope;
    uint64_t version; /* of the user that there is */
    bool any_chain, added;
    size_t reads, proofs, writes, forgotten;
    uint64_t version_given, chain_given;
    const struct idempotency *idempotency_given;
    struct audit_actor actor;
} world;

static struct task task;
static struct auth auth;
static struct principal principal;
static const struct caller caller = {.auth = &auth, .principal = &principal, .request_id = "request"};

static enum err answer(enum err err) {
    return err == ERR_OK ? ERR_OK : task_fail(&task, err, "as the test has it");
}

enum err auth_check_user(struct task *t, const struct principal *p, const uuid *user, enum scope own_scope,
                         enum scope admins_scope) {
    (void)t;
    (void)p;
    (void)user;
    world.own_scope = own_scope;
    world.admins_scope = admins_scope;
    return answer(world.user_err);
}

enum err auth_check_admin(struct task *t, const struct principal *p, enum scope scope) {
    (void)t;
    (void)p;
    world.admin_scope = scope;
    return answer(world.admin_err);
}

void auth_forget_key(struct auth *a, const uuid *id) {
    (void)a;
    (void)id;
    world.forgotten++;
}

enum err key_repo_page(struct task *t, struct api_key_page *out, const uuid *user, const uuid *after, size_t limit) {
    static struct api_key keys[3];
    (void)t;
    (void)user;
    assert_null(after);
    assert_int_equal(limit, USER_MAX_KEYS);
    *out = (struct api_key_page){.rows = keys, .n_rows = 3};
    return ERR_OK;
}

enum err sign_in_prove(struct task *t, struct auth *a, struct proof *out, const char *message, size_t message_len,
                       const uint8_t *signature, size_t signature_len) {
    (void)t;
    (void)a;
    (void)message;
    (void)message_len;
    (void)signature;
    (void)signature_len;
    world.proofs++;
    *out = (struct proof){.chain_id = CHAIN_ID, .any_chain = world.any_chain};
    return answer(world.prove_err);
}

enum err sign_in_spend(struct task *t, struct spending *out, const struct proof *proof) {
    (void)t;
    (void)proof;
    memset(out, 0, sizeof *out);
    return ERR_OK;
}

enum err user_repo_get(struct task *t, struct user *out, const uuid *id) {
    (void)t;
    (void)id;
    world.reads++;
    *out = (struct user){.version = world.version};
    return ERR_OK;
}

enum err user_repo_page(struct task *t, struct user_page *out, const uuid *after, size_t limit) {
    (void)t;
    (void)after;
    (void)limit;
    world.reads++;
    *out = (struct user_page){.n_rows = 0};
    return ERR_OK;
}

static enum err note_write(const struct audit_actor *by, uint64_t version) {
    world.writes++;
    world.actor = *by;
    world.version_given = version;
    return ERR_OK;
}

enum err user_repo_create(struct task *t, struct user *out, bool *replayed, const struct user_change *what,
                          const struct audit_actor *by, const struct idempotency *idempotency) {
    (void)t;
    (void)out;
    (void)replayed;
    (void)what;
    world.idempotency_given = idempotency;
    return note_write(by, 0);
}

enum err user_repo_update(struct task *t, struct user *out, const uuid *id, uint64_t version,
                          const struct user_change *what, const struct audit_actor *by) {
    (void)t;
    (void)out;
    (void)id;
    (void)what;
    return note_write(by, version);
}

enum err user_repo_delete(struct task *t, const uuid *id, uint64_t version, const struct audit_actor *by) {
    (void)t;
    (void)id;
    (void)note_write(by, version);
    return answer(world.delete_err);
}

enum err user_repo_find_added(struct task *t, struct user *out, bool *replayed, const struct audit_actor *by,
                              const struct idempotency *idempotency) {
    (void)t;
    (void)out;
    assert_ptr_equal(by->user, &principal.user);
    world.reads++;
    world.idempotency_given = idempotency;
    *replayed = world.added;
    return ERR_OK;
}

enum err user_repo_add_address(struct task *t, struct user *out, bool *replayed, const uuid *id,
                               const struct user_address *what, size_t max, const struct spending *spending,
                               const struct audit_actor *by, const struct idempotency *idempotency) {
    (void)t;
    (void)out;
    (void)replayed;
    (void)id;
    (void)spending;
    assert_int_equal(max, USER_MAX_ADDRESSES);
    world.chain_given = what->chain_id;
    world.idempotency_given = idempotency;
    return note_write(by, 0);
}

enum err user_repo_remove_address(struct task *t, struct user *out, const uuid *id, uint64_t version,
                                  const address *what, uint64_t chain_id, const struct audit_actor *by) {
    (void)t;
    (void)out;
    (void)id;
    (void)what;
    world.chain_given = chain_id;
    return note_write(by, version);
}

static int begin(void **state) {
    (void)state;
    memset(&world, 0, sizeof world);
    world.version = 7;
    principal = (struct principal){.kind = PRINCIPAL_SESSION, .id = {{9}}, .has_user = true, .user = own};
    task = (struct task){.arena = arena_new(ARENA_BYTES)};
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_free(task.arena);
    return 0;
}

static const struct expected_versions any = {.any = true};
static struct user out;

static void test_which_version_is_meant(void **state) {
    static const struct {
        struct expected_versions expected;
        uint64_t given; /* to the repository */
        size_t reads;
    } rows[] = {
        {{.any = true}, 0, 0},
        {{.n = 1, .versions = {3}}, 3, 0}, /* the repository sees whether it is right */
        {{.n = 0}, INT64_MAX, 0},
        {{.n = 2, .versions = {3, 7}}, 7, 1},
        {{.n = 3, .versions = {7, 8, 9}}, 7, 1},
        {{.n = 2, .versions = {3, 8}}, INT64_MAX, 1},
    };
    static const struct user_change nothing = {.set_name = false};
    static const address what = {{0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world.reads = 0;
        assert_int_equal(user_service_update(&task, &caller, &out, &own, &rows[i].expected, &nothing), ERR_OK);
        assert_true(world.version_given == rows[i].given);
        assert_int_equal(world.reads, rows[i].reads);
        assert_int_equal(user_service_delete(&task, &caller, &own, &rows[i].expected), ERR_OK);
        assert_true(world.version_given == rows[i].given);
        assert_int_equal(user_service_remove_address(&task, &caller, &out, &own, &rows[i].expected, &what, 5), ERR_OK);
        assert_true(world.version_given == rows[i].given);
        assert_int_equal(world.chain_given, 5);
    }
}

static void assert_scopes(enum scope own_scope, enum scope admins_scope) {
    assert_int_equal(world.own_scope, own_scope);
    assert_int_equal(world.admins_scope, admins_scope);
}

static void test_rights_come_first(void **state) {
    static const struct user_change wrong = {.set_name = true, .name = ""};
    static const struct address_claim claim = {.message = ""};
    static const address what = {{0}};
    struct user_page page;
    bool replayed;
    (void)state;
    world.user_err = world.admin_err = ERR_FORBIDDEN;
    assert_int_equal(user_service_get(&task, &caller, &out, &others), ERR_FORBIDDEN);
    assert_scopes(SCOPE_ACCOUNT_READ, SCOPE_USERS_READ);
    assert_int_equal(user_service_update(&task, &caller, &out, &others, &any, &wrong), ERR_FORBIDDEN);
    assert_scopes(SCOPE_ACCOUNT_WRITE, SCOPE_USERS_WRITE);
    assert_int_equal(user_service_delete(&task, &caller, &others, &any), ERR_FORBIDDEN);
    assert_scopes(SCOPE_ACCOUNT_WRITE, SCOPE_USERS_WRITE);
    assert_int_equal(user_service_add_address(&task, &caller, &out, &replayed, &others, &claim, NULL), ERR_FORBIDDEN);
    assert_scopes(SCOPE_SESSION, SCOPE_SESSION);
    assert_int_equal(user_service_remove_address(&task, &caller, &out, &others, &any, &what, 0), ERR_FORBIDDEN);
    assert_scopes(SCOPE_ACCOUNT_WRITE, SCOPE_USERS_WRITE);
    assert_int_equal(user_service_page(&task, &caller, &page, NULL, 1), ERR_FORBIDDEN);
    assert_int_equal(world.admin_scope, SCOPE_USERS_READ);
    assert_int_equal(user_service_create(&task, &caller, &out, &replayed, &wrong, NULL), ERR_FORBIDDEN);
    assert_int_equal(world.admin_scope, SCOPE_USERS_WRITE);
    assert_int_equal(world.reads + world.proofs + world.writes, 0);
}

static void test_a_role_is_for_admins(void **state) {
    static const struct user_change role = {.set_role = true, .admin = true};
    (void)state;
    world.admin_err = ERR_FORBIDDEN;
    assert_int_equal(user_service_update(&task, &caller, &out, &own, &any, &role), ERR_FORBIDDEN);
    assert_int_equal(world.writes, 0);
    world.admin_err = ERR_OK;
    assert_int_equal(user_service_update(&task, &caller, &out, &own, &any, &role), ERR_OK);
    assert_int_equal(world.admin_scope, SCOPE_USERS_WRITE);
}

static void test_members_are_checked_and_not_shown(void **state) {
    static const struct user_change wrong[] = {
        {.set_name = true, .name = " secret"},
        {.set_name = true, .name = "ok", .set_email = true, .email = "secret@"},
    };
    static const struct user_change right = {.set_name = true, .name = NULL, .set_email = true, .email = NULL};
    bool replayed;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(user_service_update(&task, &caller, &out, &own, &any, &wrong[i]), ERR_INVALID_PARAMETER);
        assert_null(strstr(task.fault.detail, "secret"));
        assert_int_equal(user_service_create(&task, &caller, &out, &replayed, &wrong[i], NULL), ERR_INVALID_PARAMETER);
    }
    assert_int_equal(world.writes, 0);
    assert_int_equal(user_service_update(&task, &caller, &out, &own, &any, &right), ERR_OK);
}

static void test_an_address_becomes_that_of_who_asks(void **state) {
    static const struct address_claim claim = {.message = ""};
    static const struct replay replay = {.text = "key"};
    bool replayed;
    (void)state;
    principal.admin = true;
    assert_int_equal(user_service_add_address(&task, &caller, &out, &replayed, &others, &claim, NULL), ERR_FORBIDDEN);
    assert_int_equal(world.proofs, 0);
    assert_int_equal(user_service_add_address(&task, &caller, &out, &replayed, &own, &claim, &replay), ERR_OK);
    assert_int_equal(world.chain_given, CHAIN_ID);
    assert_ptr_equal(world.idempotency_given, &replay.idempotency);
    world.any_chain = true;
    assert_int_equal(user_service_add_address(&task, &caller, &out, &replayed, &own, &claim, NULL), ERR_OK);
    assert_int_equal(world.chain_given, 0);
    assert_null(world.idempotency_given);
    world.prove_err = ERR_SIGNATURE_MISMATCH;
    assert_int_equal(user_service_add_address(&task, &caller, &out, &replayed, &own, &claim, NULL),
                     ERR_SIGNATURE_MISMATCH);
    assert_int_equal(world.writes, 2);
}

static void test_what_was_added_is_not_proven_again(void **state) {
    static const struct address_claim claim = {.message = ""};
    static const struct replay replay = {.text = "key"};
    bool replayed = false;
    (void)state;
    world.added = true;
    world.prove_err = ERR_MESSAGE_EXPIRED;
    assert_int_equal(user_service_add_address(&task, &caller, &out, &replayed, &own, &claim, &replay), ERR_OK);
    assert_true(replayed);
    assert_ptr_equal(world.idempotency_given, &replay.idempotency);
    assert_int_equal(world.proofs + world.writes, 0);
    assert_int_equal(user_service_add_address(&task, &caller, &out, &replayed, &others, &claim, &replay),
                     ERR_FORBIDDEN);
}

static void test_the_keys_of_who_is_deleted_are_forgotten(void **state) {
    (void)state;
    world.delete_err = ERR_PRECONDITION_FAILED;
    assert_int_equal(user_service_delete(&task, &caller, &own, &any), ERR_PRECONDITION_FAILED);
    assert_int_equal(world.forgotten, 0);
    world.delete_err = ERR_OK;
    assert_int_equal(user_service_delete(&task, &caller, &own, &any), ERR_OK);
    assert_int_equal(world.forgotten, 3);
}

static void test_the_log_says_who_and_with_which_key(void **state) {
    (void)state;
    assert_int_equal(user_service_delete(&task, &caller, &own, &any), ERR_OK);
    assert_ptr_equal(world.actor.user, &principal.user);
    assert_null(world.actor.key);
    assert_string_equal(world.actor.request_id, "request");
    principal.kind = PRINCIPAL_KEY;
    assert_int_equal(user_service_delete(&task, &caller, &own, &any), ERR_OK);
    assert_ptr_equal(world.actor.key, &principal.id);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_which_version_is_meant, begin, end),
        cmocka_unit_test_setup_teardown(test_rights_come_first, begin, end),
        cmocka_unit_test_setup_teardown(test_a_role_is_for_admins, begin, end),
        cmocka_unit_test_setup_teardown(test_members_are_checked_and_not_shown, begin, end),
        cmocka_unit_test_setup_teardown(test_an_address_becomes_that_of_who_asks, begin, end),
        cmocka_unit_test_setup_teardown(test_what_was_added_is_not_proven_again, begin, end),
        cmocka_unit_test_setup_teardown(test_the_keys_of_who_is_deleted_are_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(test_the_log_says_who_and_with_which_key, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
