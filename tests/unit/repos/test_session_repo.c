/* Sign-ins and sessions, against a PostgreSQL of the test's own: whole or not there, one user for an address, nonces
 * spent once, refresh tokens used once. Each test has a schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"

enum { CROWD = 6, CHAIN = 1, OTHER_CHAIN = 10 };

static const struct audit_actor dappd = {.request_id = "r-0"};

/* A sign-in that nothing is wrong with: the n-th nonce, the address's own key. */
static struct sign_in signing(unsigned nonce, unsigned n) {
    struct sign_in what = {.spending = {.nonce = {(uint8_t)nonce}, .expires_at_s = 4000000000},
                           .address = address_of(n),
                           .chain_id = CHAIN,
                           .any_chain = true,
                           .session = uuid_new(),
                           .expires_at_s = 4000000000};
    return what;
}

static enum err sign_in(struct task *task, struct session *out, bool *created, const struct sign_in *what) {
    return session_repo_sign_in(task, out, created, what, "r-1");
}

static struct session first, second;

static void sign_in_twice(struct actor *actor) {
    bool created = false;
    struct sign_in what = signing(1, 7);
    expect(sign_in(&actor->task, &first, &created, &what) == ERR_OK && created);
    expect(uuid_equal(&first.id, &what.session) && first.generation == 1 && !first.admin);
    expect(address_equal(&first.address, &what.address) && first.chain_id == CHAIN);
    what = signing(2, 7);
    what.chain_id = OTHER_CHAIN;
    expect(sign_in(&actor->task, &second, &created, &what) == ERR_OK && !created);
    expect(uuid_equal(&second.user, &first.user) && second.chain_id == OTHER_CHAIN);
}

static void test_the_first_sign_in_makes_the_user_the_next_finds_it(void **state) {
    (void)state;
    scene_play(&accounts_pool, sign_in_twice, 1);
    assert_string_equal(audit_log("."), "user.create addresses;sign_in;sign_in");
    assert_true(in_uuid(&first.user, "SELECT id FROM users WHERE created_at > 100"));
    assert_true(in_uuid(&first.user, "SELECT user_id FROM addresses WHERE chain_id = 0"));
    assert_true(in_uuid(&second.id, "SELECT subject FROM audit ORDER BY id DESC LIMIT 1"));
    assert_true(in_uuid(&first.user, "SELECT actor FROM audit ORDER BY id LIMIT 1"));
    assert_int_equal(count("audit WHERE request_id = 'r-1' AND actor = user_id AND actor_key IS NULL"), 3);
    assert_int_equal(count("sessions WHERE address = '\\x0700ad0000000000000000000000000000000000'"), 2);
    assert_int_equal(count("spent_nonces WHERE expires_at = 4000000000"), 2);
}

static void spend_twice(struct actor *actor) {
    bool created;
    struct sign_in what = signing(1, 7);
    expect(sign_in(&actor->task, &first, &created, &what) == ERR_OK);
    what = signing(1, 8);
    expect(sign_in(&actor->task, &first, &created, &what) == ERR_INVALID_NONCE);
}

static void test_a_nonce_that_was_spent_changes_nothing(void **state) {
    (void)state;
    scene_play(&accounts_pool, spend_twice, 1);
    assert_string_equal(audit_log("."), "user.create addresses;sign_in");
    assert_int_equal(count("users WHERE created_at > 100"), 1);
    assert_int_equal(count("addresses"), 1);
    assert_int_equal(count("sessions"), 1);
}

static size_t n_ok, n_created, n_refused;

static void sign_in_the_same_address(struct actor *actor) {
    bool created = false;
    struct session session;
    const struct sign_in what = signing((unsigned)actor->i, 7);
    expect(sign_in(&actor->task, &session, &created, &what) == ERR_OK);
    if (created) n_created++;
}

static void test_first_sign_ins_at_once_make_one_user(void **state) {
    (void)state;
    n_created = 0;
    scene_play(&accounts_pool, sign_in_the_same_address, CROWD);
    assert_int_equal(n_created, 1);
    assert_int_equal(count("users WHERE created_at > 100"), 1);
    assert_int_equal(count("sessions"), CROWD);
    assert_int_equal(count("audit WHERE action = 'user.create'"), 1);
    assert_int_equal(count("audit WHERE action = 'sign_in'"), CROWD);
    assert_log_agrees();
}

static void sign_in_with_one_nonce(struct actor *actor) {
    bool created;
    struct session session;
    const struct sign_in what = signing(1, (unsigned)actor->i);
    enum err err = sign_in(&actor->task, &session, &created, &what);
    if (err == ERR_OK) n_ok++;
    if (err == ERR_INVALID_NONCE) n_refused++;
}

static void test_a_nonce_at_several_instances_at_once_is_spent_once(void **state) {
    (void)state;
    n_ok = n_refused = 0;
    scene_play(&accounts_pool, sign_in_with_one_nonce, CROWD);
    assert_int_equal(n_ok, 1);
    assert_int_equal(n_refused, CROWD - 1);
    assert_int_equal(count("sessions"), 1);
    assert_log_agrees();
}

static void sign_in_as_admin(struct actor *actor) {
    bool created;
    struct session session;
    struct sign_in what = signing((unsigned)actor->i, 7);
    what.admin = true;
    expect(sign_in(&actor->task, &session, &created, &what) == ERR_OK && session.admin);
}

static void test_the_configurations_admins_become_so_once(void **state) {
    (void)state;
    scene_play(&accounts_pool, sign_in_as_admin, 1);
    assert_string_equal(audit_log("user"), "user.create role+addresses");
    (void)sql(conn, "UPDATE users SET role = 'user' WHERE created_at > 100; DELETE FROM spent_nonces");
    scene_play(&accounts_pool, sign_in_as_admin, CROWD);
    assert_string_equal(audit_log("user"), "user.create role+addresses;user.update role");
    assert_int_equal(count("audit WHERE action = 'user.update' AND actor IS NULL AND request_id = 'r-1'"), 1);
    assert_string_equal(ask("SELECT role || version FROM users WHERE created_at > 100"), "admin2");
}

/* The same address: its own key, contracts of two chains. */
static void sign_in_as_contracts(struct actor *actor) {
    static const struct {
        uint64_t chain_id;
        bool any_chain, created;
    } rows[] = {{CHAIN, true, true},
                {CHAIN, false, true},
                {OTHER_CHAIN, false, true},
                {OTHER_CHAIN, true, false},
                {OTHER_CHAIN, false, false}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool created;
        struct session session;
        struct sign_in what = signing(i, 7);
        what.chain_id = rows[i].chain_id;
        what.any_chain = rows[i].any_chain;
        expect(sign_in(&actor->task, &session, &created, &what) == ERR_OK && created == rows[i].created);
    }
}

static void test_a_contract_is_somebody_on_its_chain_alone(void **state) {
    (void)state;
    scene_play(&accounts_pool, sign_in_as_contracts, 1);
    assert_string_equal(ask("SELECT string_agg(chain_id::text, ',' ORDER BY chain_id) FROM addresses"), "0,1,10");
    assert_int_equal(count("users WHERE created_at > 100"), 3);
}

static void refresh(struct actor *actor) {
    bool created;
    struct session session;
    const struct sign_in what = signing(1, 7);
    expect(sign_in(&actor->task, &first, &created, &what) == ERR_OK);
    expect(session_repo_rotate(&actor->task, &session, &first.id, 1, 3999999900, "r-2") == ERR_OK);
    expect(session.generation == 2 && session.expires_at_s == 3999999900 && uuid_equal(&session.user, &first.user));
    expect(session_repo_get(&actor->task, &session, &first.id) == ERR_OK && session.generation == 2);
    expect(uuid_equal(&session.id, &first.id) && address_equal(&session.address, &what.address) && !session.admin);
    expect(session_repo_rotate(&actor->task, &session, &first.id, 3, 1, "r-3") == ERR_INVALID_REFRESH_TOKEN);
    expect(session_repo_rotate(&actor->task, &session, &first.id, 1, 1, "r-4") == ERR_REFRESH_TOKEN_REUSED);
    expect(session_repo_rotate(&actor->task, &session, &first.id, 2, 1, "r-5") == ERR_INVALID_REFRESH_TOKEN);
    expect(session_repo_get(&actor->task, &session, &first.id) == ERR_UNAUTHENTICATED);
}

static void test_an_earlier_generation_ends_the_session(void **state) {
    (void)state;
    scene_play(&accounts_pool, refresh, 1);
    assert_string_equal(audit_log("session"), "session.reused");
    assert_int_equal(count("audit WHERE action = 'session.reused' AND request_id = 'r-4' AND actor IS NULL"), 1);
    assert_true(in_uuid(&first.id, "SELECT subject FROM audit WHERE action = 'session.reused'"));
    assert_int_equal(count("sessions"), 0);
}

static void refresh_at_once(struct actor *actor) {
    struct session session;
    enum err err = session_repo_rotate(&actor->task, &session, &first.id, 1, 4000000000, "r");
    if (err == ERR_OK) n_ok++;
    if (err == ERR_REFRESH_TOKEN_REUSED || err == ERR_INVALID_REFRESH_TOKEN) n_refused++;
}

static void begin_one(struct actor *actor) {
    bool created;
    const struct sign_in what = signing(1, 7);
    expect(sign_in(&actor->task, &first, &created, &what) == ERR_OK);
}

static void test_of_refreshes_at_once_one_succeeds_and_the_session_ends(void **state) {
    (void)state;
    n_ok = n_refused = 0;
    scene_play(&accounts_pool, begin_one, 1);
    scene_play(&accounts_pool, refresh_at_once, CROWD);
    assert_int_equal(n_ok, 1);
    assert_int_equal(n_refused, CROWD - 1);
    assert_int_equal(count("audit WHERE action = 'session.reused'"), 1);
    assert_int_equal(count("sessions"), 0);
}

static void use_expired(struct actor *actor) {
    struct session session;
    expect(session_repo_get(&actor->task, &session, &first.id) == ERR_UNAUTHENTICATED);
    expect(session_repo_rotate(&actor->task, &session, &first.id, 1, 4000000000, NULL) == ERR_INVALID_REFRESH_TOKEN);
}

static void test_a_session_that_has_expired_is_over(void **state) {
    (void)state;
    scene_play(&accounts_pool, begin_one, 1);
    (void)ask("UPDATE sessions SET expires_at = %llu", (unsigned long long)now_s() - 2);
    scene_play(&accounts_pool, use_expired, 1);
    assert_string_equal(audit_log("session"), "");
}

static void end_twice(struct actor *actor) {
    const uuid nobody = uuid_new(), key = uuid_new();
    const struct audit_actor by = {.user = &user_1, .key = &key, .request_id = "r-9"};
    struct session session;
    expect(session_repo_end(&actor->task, &first.id, &by) == ERR_OK);
    expect(session_repo_end(&actor->task, &first.id, &by) == ERR_OK);
    expect(session_repo_end(&actor->task, &nobody, &dappd) == ERR_OK);
    expect(session_repo_get(&actor->task, &session, &first.id) == ERR_UNAUTHENTICATED);
}

static void test_an_end_is_told_once(void **state) {
    (void)state;
    scene_play(&accounts_pool, begin_one, 1);
    scene_play(&accounts_pool, end_twice, 1);
    assert_string_equal(audit_log("session"), "session.end");
    assert_true(in_uuid(&user_1, "SELECT actor FROM audit WHERE actor_key IS NOT NULL AND request_id = 'r-9'"));
    assert_true(in_uuid(&first.user, "SELECT user_id FROM audit WHERE action = 'session.end'"));
}

/* Every other one deletes whoever has the address, as often as it takes to find somebody. */
static void come_and_go(struct actor *actor) {
    struct task *task = &actor->task;
    for (unsigned i = 0; i < 8; i++) {
        bool created;
        struct session session;
        const struct sign_in what = signing((unsigned)actor->i * 16 + i, 7);
        expect(sign_in(task, &session, &created, &what) == ERR_OK);
        if (actor->i % 2 == 0) continue;
        enum err err = user_repo_delete(task, &session.user, 0, &dappd);
        expect(err == ERR_OK || err == ERR_USER_NOT_FOUND);
    }
}

static void test_sign_ins_and_deletions_at_once_agree_with_the_log(void **state) {
    (void)state;
    scene_play(&accounts_pool, come_and_go, CROWD);
    assert_int_equal(count("audit WHERE action = 'sign_in'"), CROWD * 8);
    assert_int_equal(count("addresses"), count("users WHERE created_at > 100"));
    assert_int_equal(count("(SELECT user_id FROM audit WHERE action = 'user.delete' GROUP BY 1 HAVING count(*) > 1) d"),
                     0);
    assert_log_agrees();
}

static void ask_nobody(struct actor *actor) {
    bool created;
    struct session session;
    const struct sign_in what = signing(1, 7);
    expect(sign_in(&actor->task, &session, &created, &what) == ERR_ACCOUNTS_UNAVAILABLE);
    expect(actor->task.fault.retry_after_s == 1 && actor->task.fault.code == ERR_ACCOUNTS_UNAVAILABLE);
    expect(session_repo_get(&actor->task, &session, &user_1) == ERR_ACCOUNTS_UNAVAILABLE);
    expect(actor->task.fault.retry_after_s == 1);
}

static void test_without_a_server_accounts_are_unavailable(void **state) {
    (void)state;
    struct pg_options nowhere = accounts_pool;
    nowhere.url = "host=/nowhere";
    scene_play(&nowhere, ask_nobody, 2);
    scene_play(NULL, ask_nobody, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        accounts_test(test_the_first_sign_in_makes_the_user_the_next_finds_it),
        accounts_test(test_a_nonce_that_was_spent_changes_nothing),
        accounts_test(test_first_sign_ins_at_once_make_one_user),
        accounts_test(test_a_nonce_at_several_instances_at_once_is_spent_once),
        accounts_test(test_the_configurations_admins_become_so_once),
        accounts_test(test_a_contract_is_somebody_on_its_chain_alone),
        accounts_test(test_an_earlier_generation_ends_the_session),
        accounts_test(test_of_refreshes_at_once_one_succeeds_and_the_session_ends),
        accounts_test(test_a_session_that_has_expired_is_over),
        accounts_test(test_an_end_is_told_once),
        accounts_test(test_sign_ins_and_deletions_at_once_agree_with_the_log),
        accounts_test(test_without_a_server_accounts_are_unavailable),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
