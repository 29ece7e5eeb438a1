/* Addresses of users, against a PostgreSQL of the test's own: claimed once, by one user, with a nonce that is used up;
 * given up but for the last. Each test has a schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"

enum { CROWD = 6, MAX = 3, CHAIN = 1, PATIENCE_TRIES = 2000 };

static struct audit_actor actor_2;
static size_t n_ok, n_refused, n_replayed;

static int reset(void **state) {
    int result = accounts_reset(state);
    actor_2 = (struct audit_actor){.user = &user_2, .request_id = "r-1"};
    n_ok = n_refused = n_replayed = 0;
    return result;
}

static struct user_address claim_of(unsigned n, uint64_t chain_id) {
    return (struct user_address){.address = address_of(n), .chain_id = chain_id};
}

static enum err add(struct task *task, struct user *out, const uuid *id, const struct user_address *what,
                    uint8_t nonce) {
    const struct spending spending = {.nonce = {nonce}, .expires_at_s = 4000000000};
    bool replayed;
    return user_repo_add_address(task, out, &replayed, id, what, MAX, &spending, &actor_2, NULL);
}

static void claim(struct actor *actor) {
    struct task *task = &actor->task;
    const uuid nobody = uuid_new();
    const struct user_address one = claim_of(1, 0), on_chain = claim_of(1, CHAIN), two = claim_of(2, 0),
                              three = claim_of(3, 0);
    struct user user;
    expect(add(task, &user, &user_2, &one, 1) == ERR_OK && user.version == 2 && user.n_addresses == 1);
    expect(address_equal(&user.addresses[0].address, &one.address) && user.addresses[0].chain_id == 0);
    expect(user.updated_at_s > 100 && user.addresses[0].proven_at_s > 100);
    expect(add(task, &user, &user_2, &two, 1) == ERR_INVALID_NONCE);
    expect(add(task, &user, &user_2, &one, 2) == ERR_OK && user.version == 2); /* it has it already */
    expect(add(task, &user, &user_2, &two, 2) == ERR_INVALID_NONCE);
    expect(add(task, &user, &user_1, &one, 3) == ERR_ADDRESS_TAKEN);
    expect(add(task, &user, &user_2, &on_chain, 4) == ERR_OK && user.n_addresses == 2);
    expect(add(task, &user, &user_2, &two, 5) == ERR_OK && user.version == 4 && user.n_addresses == MAX);
    expect(add(task, &user, &user_2, &three, 6) == ERR_LIMIT_REACHED);
    expect(add(task, &user, &user_2, &two, 7) == ERR_OK && user.version == 4);
    expect(add(task, &user, &nobody, &three, 8) == ERR_USER_NOT_FOUND);
    expect(add(task, &user, &user_1, &three, 9) == ERR_OK && uuid_equal(&user.id, &user_1));
}

static void test_an_address_is_claimed_once_and_by_one_user(void **state) {
    (void)state;
    scene_play(&accounts_pool, claim, 1);
    assert_string_equal(audit_log("."), "address.add addresses;address.add addresses;address.add addresses;"
                                        "address.add addresses");
    assert_int_equal(count("audit WHERE request_id = 'r-1'"), 4);
    assert_true(in_uuid(&user_1, "SELECT user_id FROM audit ORDER BY id DESC LIMIT 1"));
    assert_true(in_uuid(&user_2, "SELECT DISTINCT actor FROM audit"));
    assert_int_equal(count("spent_nonces"), 6); /* what failed spends none */
}

/* One address, wanted by all and by those who sign in with it. */
static void want_the_same(struct actor *actor) {
    struct user user;
    struct session session;
    bool created;
    const struct user_address what = claim_of(1, 0);
    const struct sign_in signing = {.spending = {.nonce = {(uint8_t)(100 + actor->i)}, .expires_at_s = 4000000000},
                                    .address = what.address,
                                    .any_chain = true,
                                    .session = uuid_new(),
                                    .expires_at_s = 4000000000};
    enum err err = actor->i % 3 == 0   ? session_repo_sign_in(&actor->task, &session, &created, &signing, NULL)
                   : actor->i % 3 == 1 ? add(&actor->task, &user, &user_1, &what, (uint8_t)actor->i)
                                       : add(&actor->task, &user, &user_2, &what, (uint8_t)actor->i);
    if (err == ERR_OK) n_ok++;
    if (err == ERR_ADDRESS_TAKEN) n_refused++;
}

static void test_an_address_wanted_at_once_is_one_users(void **state) {
    (void)state;
    scene_play(&accounts_pool, want_the_same, CROWD);
    assert_int_equal(n_ok + n_refused, CROWD);
    assert_int_equal(count("addresses"), 1);
    assert_int_equal(count("audit WHERE action IN ('address.add', 'user.create')"), 1);
    assert_int_equal(count("(SELECT DISTINCT user_id FROM sessions EXCEPT SELECT user_id FROM addresses) s"), 0);
    assert_log_agrees();
}

static void add_many(struct actor *actor) {
    struct user user;
    const struct user_address what = claim_of((unsigned)actor->i, 0);
    enum err err = add(&actor->task, &user, &user_2, &what, (uint8_t)actor->i);
    if (err == ERR_OK) n_ok++;
    if (err == ERR_LIMIT_REACHED) n_refused++;
}

static void test_claims_at_once_stay_within_the_limit(void **state) {
    (void)state;
    scene_play(&accounts_pool, add_many, CROWD);
    assert_int_equal(n_ok, MAX);
    assert_int_equal(n_refused, CROWD - MAX);
    assert_int_equal(count("addresses"), MAX);
    assert_int_equal(count("audit"), MAX);
}

static void add_again(struct actor *actor) {
    const struct user_address what = claim_of(1, 0);
    const struct spending spending = {.nonce = {1}, .expires_at_s = 4000000000};
    const struct idempotency same = {.key_hash = {1}, .fingerprint = {1}}, other = {.key_hash = {1}};
    struct task *task = &actor->task;
    struct user user;
    bool replayed = false;
    expect(user_repo_add_address(task, &user, &replayed, &user_2, &what, MAX, &spending, &actor_2, &same) == ERR_OK);
    expect(user.version == 2 && user.n_addresses == 1);
    if (replayed) n_replayed++;
    expect(user_repo_add_address(task, &user, &replayed, &user_2, &what, MAX, &spending, &actor_2, &other) ==
           ERR_IDEMPOTENCY_KEY_REUSED);
}

static void find_added(struct actor *actor) {
    const struct audit_actor actor_1 = {.user = &user_1};
    const struct idempotency same = {.key_hash = {1}, .fingerprint = {1}}, other = {.key_hash = {1}};
    const struct idempotency unknown = {.key_hash = {2}, .fingerprint = {1}};
    struct task *task = &actor->task;
    struct user user;
    bool replayed = true;
    expect(user_repo_find_added(task, &user, &replayed, &actor_2, NULL) == ERR_OK && !replayed);
    expect(user_repo_find_added(task, &user, &replayed, &actor_2, &unknown) == ERR_OK && !replayed);
    expect(user_repo_find_added(task, &user, &replayed, &actor_1, &same) == ERR_OK && !replayed);
    expect(user_repo_find_added(task, &user, &replayed, &actor_2, &other) == ERR_IDEMPOTENCY_KEY_REUSED);
    expect(user_repo_find_added(task, &user, &replayed, &actor_2, &same) == ERR_OK && replayed);
    expect(uuid_equal(&user.id, &user_2) && user.n_addresses == 1);
}

static void test_a_claim_sent_again_needs_no_other_nonce(void **state) {
    (void)state;
    scene_play(&accounts_pool, add_again, CROWD);
    assert_int_equal(n_replayed, CROWD - 1);
    assert_int_equal(count("audit"), 1);
    scene_play(&accounts_pool, find_added, 1);
}

static void give_up(struct actor *actor) {
    struct task *task = &actor->task;
    const address one = address_of(1), two = address_of(2), mine = address_of(3);
    const uuid nobody = uuid_new();
    struct user user;
    expect(user_repo_remove_address(task, &user, &nobody, 0, &one, 0, &actor_2) == ERR_USER_NOT_FOUND);
    expect(user_repo_remove_address(task, &user, &user_2, 2, &one, 0, &actor_2) == ERR_PRECONDITION_FAILED);
    expect(user_repo_remove_address(task, &user, &user_2, 1, &mine, 0, &actor_2) == ERR_NOT_FOUND);
    expect(user_repo_remove_address(task, &user, &user_2, 1, &two, 0, &actor_2) == ERR_NOT_FOUND);
    expect(user_repo_remove_address(task, &user, &user_2, 1, &two, CHAIN, &actor_2) == ERR_OK && user.version == 2);
    expect(user.n_addresses == 2);
    expect(user_repo_remove_address(task, &user, &user_2, 0, &one, 0, &actor_2) == ERR_OK && user.n_addresses == 1);
    expect(user_repo_remove_address(task, &user, &user_2, 0, &one, CHAIN, &actor_2) == ERR_LAST_ADDRESS);
}

/* Of user_2: two on every chain and one of them on a chain; of user_1 one. A session for each on two chains. */
static void put_addresses(void) {
    char one[UUID_TEXT_BYTES], two[UUID_TEXT_BYTES];
    (void)uuid_format(one, &user_1);
    (void)ask("INSERT INTO addresses SELECT decode(a || '00ad' || repeat('00', 17), 'hex'), c, u::uuid, 1"
              " FROM (VALUES ('01', 0, '%s'), ('01', 1, '%s'), ('02', 1, '%s'), ('03', 0, '%s')) v (a, c, u)",
              uuid_format(two, &user_2), two, two, one);
    (void)sql(conn, "INSERT INTO sessions SELECT gen_random_uuid(), user_id, address, c, 1, 1, 4000000000"
                    " FROM (SELECT DISTINCT user_id, address FROM addresses) a, unnest('{1,10}'::bigint[]) c");
}

static void test_what_is_given_up_ends_its_sessions_and_the_last_is_kept(void **state) {
    char other[UUID_TEXT_BYTES];
    (void)state;
    put_addresses();
    /* Another user's session at the same address: a contract of another chain. */
    (void)ask("INSERT INTO sessions SELECT gen_random_uuid(), '%s', address, 10, 1, 1, 4000000000 FROM addresses"
              " WHERE chain_id = 0 AND user_id = '%s'",
              uuid_format(other, &user_1), uuid_format((char[UUID_TEXT_BYTES]){0}, &user_2));
    scene_play(&accounts_pool, give_up, 1);
    assert_string_equal(audit_log("address"), "address.remove addresses;address.remove addresses");
    assert_string_equal(audit_log("session"), "session.end;session.end;session.end");
    assert_int_equal(count("audit WHERE action = 'session.end' AND subject IS NOT NULL AND request_id = 'r-1'"), 3);
    assert_string_equal(ask("SELECT string_agg(encode(substr(address, 1, 1), 'hex') || chain_id, ',' ORDER BY address)"
                            " FROM sessions"),
                        "0110,0210,031,0310");
    assert_string_equal(ask("SELECT string_agg(encode(substr(address, 1, 1), 'hex') || chain_id, ',' ORDER BY address)"
                            " FROM addresses"),
                        "011,030");
}

static void give_up_at_once(struct actor *actor) {
    static const struct {
        unsigned n;
        uint64_t chain_id;
    } rows[] = {{1, 0}, {1, CHAIN}, {2, CHAIN}};
    struct user user;
    const address what = address_of(rows[actor->i % 3].n);
    enum err err =
        user_repo_remove_address(&actor->task, &user, &user_2, 0, &what, rows[actor->i % 3].chain_id, &actor_2);
    if (err == ERR_OK) n_ok++;
    if (err == ERR_LAST_ADDRESS || err == ERR_NOT_FOUND) n_refused++;
}

static void test_addresses_given_up_at_once_leave_one(void **state) {
    (void)state;
    put_addresses();
    scene_play(&accounts_pool, give_up_at_once, CROWD);
    assert_int_equal(n_ok, 2);
    assert_int_equal(n_refused, CROWD - 2);
    assert_int_equal(count("addresses"), 2);
    assert_int_equal(count("audit WHERE action = 'address.remove'"), 2);
}

/* Holds whoever has done that, such as "INSERT ON sessions", before the statement that does it ends. */
static void hold(const char *what) {
    (void)ask("CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
              " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$;"
              " CREATE TRIGGER hold AFTER %s FOR EACH ROW EXECUTE FUNCTION hold(); SELECT pg_advisory_lock(1)",
              what);
}

static void await_waiting(struct actor *actor, const char *n) {
    bool they_wait = false;
    for (int i = 0; i < PATIENCE_TRIES && !they_wait; i++) {
        they_wait = strcmp(sql(conn, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), n) == 0;
        if (!they_wait) reactor_sleep_ms(actor->task.reactor, 5);
    }
    expect(they_wait);
}

/* The address that is given up, and signs in with it. */
static void give_up_one(struct actor *actor) {
    const address one = address_of(1);
    struct user user;
    expect(user_repo_remove_address(&actor->task, &user, &user_2, 0, &one, 0, &actor_2) == ERR_OK);
}

static void sign_in_with_one(struct actor *actor, bool is_new) {
    const struct sign_in what = {.spending = {.nonce = {1}, .expires_at_s = 4000000000},
                                 .address = address_of(1),
                                 .chain_id = CHAIN,
                                 .any_chain = true,
                                 .session = uuid_new(),
                                 .expires_at_s = 4000000000};
    struct session session;
    bool created;
    expect(session_repo_sign_in(&actor->task, &session, &created, &what, NULL) == ERR_OK);
    expect(created == is_new && uuid_equal(&session.user, &user_2) == !is_new);
}

static void let_go(struct actor *actor) {
    await_waiting(actor, "2");
    (void)sql(conn, "SELECT pg_advisory_unlock(1)");
}

static void sign_in_then_give_up(struct actor *actor) {
    if (actor->i == 0) sign_in_with_one(actor, false);
    if (actor->i == 1) await_waiting(actor, "1");
    if (actor->i == 1) give_up_one(actor);
    if (actor->i == 2) let_go(actor);
}

static void give_up_then_sign_in(struct actor *actor) {
    if (actor->i == 0) give_up_one(actor);
    if (actor->i == 1) await_waiting(actor, "1");
    if (actor->i == 1) sign_in_with_one(actor, true);
    if (actor->i == 2) let_go(actor);
}

static void test_a_sign_in_under_way_does_not_outlive_its_address(void **state) {
    (void)state;
    put_addresses();
    (void)sql(conn, "DELETE FROM sessions");
    hold("INSERT ON sessions");
    scene_play(&accounts_pool, sign_in_then_give_up, 3);
    assert_string_equal(audit_log("sign_in|address"), "sign_in;address.remove addresses");
    assert_string_equal(audit_log("session"), "session.end");
    assert_int_equal(count("sessions"), 0);
}

static uuid session_2;

static void add_then_sign_out(struct actor *actor) {
    const struct audit_actor by = {.user = &user_2, .session = &session_2};
    const struct spending spending = {.nonce = {1}, .expires_at_s = 4000000000};
    const struct user_address four = claim_of(4, 0);
    struct user user;
    bool replayed;
    if (actor->i == 0) {
        expect(user_repo_add_address(&actor->task, &user, &replayed, &user_2, &four, MAX + 1, &spending, &by, NULL) ==
               ERR_OK);
    }
    if (actor->i == 1) await_waiting(actor, "1");
    if (actor->i == 1) expect(session_repo_end(&actor->task, &session_2, &by) == ERR_OK);
    if (actor->i == 2) let_go(actor);
}

static void add_too_late(struct actor *actor) {
    const struct audit_actor by = {.user = &user_2, .session = &session_2};
    const struct spending spending = {.nonce = {2}, .expires_at_s = 4000000000};
    const struct user_address five = claim_of(5, 0);
    struct user user;
    bool replayed;
    expect(user_repo_add_address(&actor->task, &user, &replayed, &user_2, &five, MAX + 2, &spending, &by, NULL) ==
           ERR_UNAUTHENTICATED);
}

static void test_whoever_ends_a_session_waits_for_what_is_done_in_it(void **state) {
    char id[UUID_TEXT_BYTES];
    (void)state;
    put_addresses();
    session_2 = uuid_new();
    (void)ask("UPDATE sessions SET id = '%s' WHERE address = '\\x0200ad%034d' AND chain_id = 1",
              uuid_format(id, &session_2), 0);
    hold("INSERT ON addresses");
    scene_play(&accounts_pool, add_then_sign_out, 3);
    scene_play(&accounts_pool, add_too_late, 1);
    assert_string_equal(audit_log("."), "address.add addresses;session.end");
    assert_int_equal(count("spent_nonces"), 1);
}

static void test_a_sign_in_that_comes_too_late_is_somebody_elses(void **state) {
    (void)state;
    put_addresses();
    (void)sql(conn, "DELETE FROM sessions");
    hold("DELETE ON addresses");
    scene_play(&accounts_pool, give_up_then_sign_in, 3);
    assert_string_equal(audit_log("."), "address.remove addresses;user.create addresses;sign_in");
    assert_int_equal(count("sessions s JOIN addresses a ON a.user_id = s.user_id AND a.address = s.address"), 1);
}

#define test_of(test) cmocka_unit_test_setup(test, reset)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of(test_an_address_is_claimed_once_and_by_one_user),
        test_of(test_an_address_wanted_at_once_is_one_users),
        test_of(test_claims_at_once_stay_within_the_limit),
        test_of(test_a_claim_sent_again_needs_no_other_nonce),
        test_of(test_what_is_given_up_ends_its_sessions_and_the_last_is_kept),
        test_of(test_addresses_given_up_at_once_leave_one),
        test_of(test_a_sign_in_under_way_does_not_outlive_its_address),
        test_of(test_a_sign_in_that_comes_too_late_is_somebody_elses),
        test_of(test_whoever_ends_a_session_waits_for_what_is_done_in_it),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
