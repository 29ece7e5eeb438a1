/* Who may see and change whom, as one table; what is written to disk, and when; the credentials of a dappd without a
 * database.
 * Each test makes and frees its auth, in a folder of its own.
 * Runs on one thread. */
#include "repos/scene.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "services/access_token.h"
#include "services/auth.h"
#include "services/secrets.h"

#define KEY "a:__________________________________________8"
#define ADMIN "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
#define OTHER_ADMIN "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"

static char folder[256], data_dir[300], key_file[320];
static struct cache *cache;
static struct auth *auth;

static int set_up(void **state) {
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/auth.XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL) return -1;
    (void)snprintf(data_dir, sizeof data_dir, "%s/data", folder);
    (void)snprintf(key_file, sizeof key_file, "%s/auth_keys", data_dir);
    cache = cache_new(1 << 20);
    auth = NULL;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    auth_free(auth);
    cache_free(cache);
    (void)unlink(key_file);
    (void)rmdir(data_dir);
    return rmdir(folder);
}

static enum err make(const char *domains, const char *keys, const char *admins, bool has_database) {
    char problem[KEY_RING_PROBLEM_BYTES];
    const struct auth_settings settings = {.domains = domains,
                                           .keys = keys,
                                           .data_dir = data_dir,
                                           .admins = admins,
                                           .access_ttl_s = 1,
                                           .refresh_ttl_s = 2,
                                           .nonce_ttl_s = 3};
    return auth_new(&auth, problem, &settings, NULL, 0, cache, has_database);
}

static void test_settings_become_what_they_say(void **state) {
    (void)state;
    assert_int_equal(make("a.example", KEY, ADMIN "," OTHER_ADMIN, true), ERR_OK);
    assert_int_equal(auth->n_admins, 2);
    assert_int_equal(auth->admins[0].bytes[0], 0x5a);
    assert_int_equal(auth->admins[1].bytes[19], 0x59);
    assert_int_equal(auth->access_ttl_s, 1);
    assert_int_equal(auth->refresh_ttl_s, 2);
    assert_int_equal(auth->nonce_ttl_s, 3);
    assert_string_equal(auth->domains, "a.example");
    assert_string_equal(key_ring_name(auth->ring, 0), "a");
    assert_null(auth->spent);
}

static void test_where_nobody_signs_in_nothing_is_written(void **state) {
    (void)state;
    for (int has_database = 0; has_database < 2; has_database++) {
        assert_int_equal(make("", "", "", has_database), ERR_OK);
        assert_int_equal(access(data_dir, F_OK), -1);
        auth_free(auth);
    }
    assert_int_equal(make("a.example", "", "", true), ERR_OK);
    assert_int_equal(access(key_file, F_OK), 0);
}

static void test_a_folder_that_cannot_be_used_ends_the_start(void **state) {
    (void)state;
    (void)snprintf(data_dir, sizeof data_dir, "%s/no/such", folder);
    assert_int_equal(make("a.example", "", "", true), ERR_INVALID_PARAMETER);
    assert_null(auth);
}

/* Nonces are remembered by the process that took them; sessions are for all that have the key. */
static void test_without_a_database_nonces_are_the_process_s(void **state) {
    (void)state;
    struct nonce nonce;
    char text[NONCE_TEXT_BYTES];
    for (int has_database = 0; has_database < 2; has_database++) {
        assert_int_equal(make("a.example", KEY, "", has_database), ERR_OK);
        nonce_make(text, auth->ring, 100, 100);
        assert_int_equal(nonce_read(&nonce, auth->ring, text, strlen(text)), ERR_OK);
        auth_free(auth);
        assert_int_equal(make("a.example", KEY, "", has_database), ERR_OK);
        enum err err = nonce_read(&nonce, auth->ring, text, strlen(text));
        assert_int_equal(err, has_database ? ERR_OK : ERR_INVALID_NONCE);
        auth_free(auth);
        auth = NULL;
    }
}

static const uuid me = {{1}}, somebody = {{2}};

/* Who asks for whom, with which scopes; and what is said about it. */
static const struct {
    struct principal who;
    const uuid *whom;
    enum err own, admins_only;
} rules[] = {
    {{.kind = PRINCIPAL_ANONYMOUS}, &me, ERR_UNAUTHENTICATED, ERR_UNAUTHENTICATED},
    {{.kind = PRINCIPAL_SESSION, .verified = true}, &me, ERR_ACCOUNTS_UNAVAILABLE, ERR_ACCOUNTS_UNAVAILABLE},
#define SESSION .kind = PRINCIPAL_SESSION, .has_user = true, .user = {{1}}, .verified = true
    {{SESSION}, &me, ERR_OK, ERR_FORBIDDEN},
    {{SESSION}, &somebody, ERR_FORBIDDEN, ERR_FORBIDDEN},
    {{SESSION, .admin = true}, &me, ERR_OK, ERR_OK},
    {{SESSION, .admin = true}, &somebody, ERR_OK, ERR_OK},
    /* What a session is, no bits make it. */
    {{SESSION, .scopes = UINT32_MAX}, &somebody, ERR_FORBIDDEN, ERR_FORBIDDEN},
#define KEY_OF .kind = PRINCIPAL_KEY, .has_user = true, .user = {{1}}, .verified = true
    {{KEY_OF}, &me, ERR_INSUFFICIENT_SCOPE, ERR_FORBIDDEN},
    {{KEY_OF}, &somebody, ERR_FORBIDDEN, ERR_FORBIDDEN},
    {{KEY_OF, .scopes = SCOPE_READ | SCOPE_ACCOUNT_WRITE}, &me, ERR_INSUFFICIENT_SCOPE, ERR_FORBIDDEN},
    {{KEY_OF, .scopes = SCOPE_ACCOUNT_READ}, &me, ERR_OK, ERR_FORBIDDEN},
    {{KEY_OF, .scopes = SCOPE_ACCOUNT_READ}, &somebody, ERR_FORBIDDEN, ERR_FORBIDDEN},
    {{KEY_OF, .scopes = SCOPE_USERS_READ}, &somebody, ERR_FORBIDDEN, ERR_FORBIDDEN}, /* an admin once */
    {{KEY_OF, .scopes = SCOPE_USERS_READ}, &me, ERR_INSUFFICIENT_SCOPE, ERR_FORBIDDEN},
    {{KEY_OF, .admin = true, .scopes = SCOPE_USERS_READ}, &me, ERR_OK, ERR_OK},
    {{KEY_OF, .admin = true, .scopes = SCOPE_USERS_READ}, &somebody, ERR_OK, ERR_OK},
    {{KEY_OF, .admin = true, .scopes = SCOPE_ACCOUNT_READ}, &me, ERR_OK, ERR_INSUFFICIENT_SCOPE},
    {{KEY_OF, .admin = true, .scopes = SCOPE_ACCOUNT_READ}, &somebody, ERR_INSUFFICIENT_SCOPE, ERR_INSUFFICIENT_SCOPE},
    {{KEY_OF, .admin = true, .scopes = SCOPE_USERS_WRITE}, &somebody, ERR_INSUFFICIENT_SCOPE, ERR_INSUFFICIENT_SCOPE},
};

static void test_rules(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct task task = {.name = "test"};
        enum err own = auth_check_user(&task, &rules[i].who, rules[i].whom, SCOPE_ACCOUNT_READ, SCOPE_USERS_READ);
        enum err admins = auth_check_admin(&task, &rules[i].who, SCOPE_USERS_READ);
        if (own != rules[i].own || admins != rules[i].admins_only) fail_msg("row %zu: %d, %d", i, own, admins);
        assert_int_equal(task.fault.code, admins != ERR_OK ? admins : own);
    }
}

/* No key does what is for sessions, whatever bits it has. */
static void test_what_is_for_sessions_is_for_no_key(void **state) {
    (void)state;
    struct task task = {.name = "test"};
    const struct principal session = {SESSION}, key = {KEY_OF, .scopes = UINT32_MAX & ~(uint32_t)SCOPE_SESSION};
    assert_int_equal(auth_check_user(&task, &session, &me, SCOPE_SESSION, SCOPE_SESSION), ERR_OK);
    assert_int_equal(auth_check_user(&task, &key, &me, SCOPE_SESSION, SCOPE_SESSION), ERR_INSUFFICIENT_SCOPE);
}

/* A token of a session as a dappd without a database begins it. In: user, or NULL. */
static size_t write_token(char out[ACCESS_TOKEN_BYTES], const uuid *session, const uuid *user, uint64_t issued_s,
                          uint64_t ttl_s) {
    struct access_claims claims = {.session = *session,
                                   .has_user = user != NULL,
                                   .chain_id = 5,
                                   .issued_s = issued_s,
                                   .expires_s = issued_s + ttl_s};
    if (user != NULL) claims.user = *user;
    memset(claims.address.bytes, 0x77, sizeof claims.address.bytes);
    return access_token_write(out, auth->ring, &claims);
}

static enum err identify(struct task *task, struct principal *out, const char *text, bool verify) {
    memset(out, 0, sizeof *out);
    task->fault = (struct fault){.code = ERR_OK};
    enum err err = auth_identify(task, auth, out, text, strlen(text), verify);
    expect(task->fault.code == err);
    expect(err == ERR_OK || strstr(task->fault.detail, text) == NULL);
    return err;
}

static void a_session(struct actor *actor) {
    struct principal who;
    char text[ACCESS_TOKEN_BYTES];
    const uuid id = uuid_new();
    uint64_t now_s = clock_wall_s();
    auth->started_s = now_s - 100;
    (void)write_token(text, &id, NULL, now_s - 10, 600);
    for (int verify = 0; verify < 2; verify++) {
        expect(identify(&actor->task, &who, text, verify) == ERR_OK);
        expect(who.kind == PRINCIPAL_SESSION && uuid_equal(&who.id, &id) && !who.has_user && !who.admin);
        expect(who.chain_id == 5 && who.issued_s == now_s - 10 && who.expires_s == now_s + 590 && who.scopes == 0);
        expect(who.address[0] == 0x77 && who.address[19] == 0x77 && who.verified == (verify == 1));
    }
    expect(spent_add(auth->spent, id.bytes, now_s + 590, now_s) == ERR_OK);
    expect(identify(&actor->task, &who, text, true) == ERR_UNAUTHENTICATED);
    expect(identify(&actor->task, &who, text, false) == ERR_OK); /* until it expires, as said */
}

static void other_credentials(struct actor *actor) {
    struct principal who;
    char text[ACCESS_TOKEN_BYTES];
    const uuid id = uuid_new();
    uint64_t now_s = clock_wall_s();
    auth->started_s = now_s - 100;
    (void)write_token(text, &id, NULL, now_s - 100, 600); /* as old as the process: it may have ended */
    expect(identify(&actor->task, &who, text, true) == ERR_UNAUTHENTICATED);
    (void)write_token(text, &id, NULL, now_s - 700, 600);
    expect(identify(&actor->task, &who, text, false) == ERR_TOKEN_EXPIRED);
    (void)write_token(text, &id, &me, now_s, 600); /* of an instance with a database */
    expect(identify(&actor->task, &who, text, false) == ERR_OK && who.has_user && uuid_equal(&who.user, &me));
    expect(identify(&actor->task, &who, text, true) == ERR_ACCOUNTS_UNAVAILABLE);
    expect(identify(&actor->task, &who, "dappd_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw", false) ==
           ERR_ACCOUNTS_UNAVAILABLE);
    expect(identify(&actor->task, &who, "dappd_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJx", false) ==
           ERR_UNAUTHENTICATED);
    expect(identify(&actor->task, &who, "x", false) == ERR_UNAUTHENTICATED);
    expect(auth_identify(&actor->task, auth, &who, "", 0, false) == ERR_UNAUTHENTICATED);
    expect(who.kind == PRINCIPAL_ANONYMOUS);
}

static void test_a_session_without_a_database(void **state) {
    (void)state;
    assert_int_equal(make("a.example", KEY, "", false), ERR_OK);
    scene_play(NULL, a_session, 1);
}

static void test_other_credentials_without_a_database(void **state) {
    (void)state;
    assert_int_equal(make("a.example", KEY, "", false), ERR_OK);
    scene_play(NULL, other_credentials, 1);
}

#define in_a_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_a_folder(test_settings_become_what_they_say),
        in_a_folder(test_where_nobody_signs_in_nothing_is_written),
        in_a_folder(test_a_folder_that_cannot_be_used_ends_the_start),
        in_a_folder(test_without_a_database_nonces_are_the_process_s),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_what_is_for_sessions_is_for_no_key),
        in_a_folder(test_a_session_without_a_database),
        in_a_folder(test_other_credentials_without_a_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
