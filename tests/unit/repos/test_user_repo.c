/* Users, against a PostgreSQL of the test's own: what a change needs, what it leaves in the log, and what happens when
 * several come at once. Each test has a schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"

enum { CROWD = 6 };

static struct audit_actor admin_actor;
static uuid made, key;

static int reset(void **state) {
    key = uuid_new();
    int result = accounts_reset(state);
    admin_actor = (struct audit_actor){.user = &user_1, .key = &key, .request_id = "r-1"};
    return result;
}

static struct idempotency idempotency_of(uint8_t hash, uint8_t fingerprint) {
    return (struct idempotency){.key_hash = {hash}, .fingerprint = {fingerprint}};
}

/* All that can be said of a new user. */
static const struct user_change whole = {.set_name = true,
                                         .set_email = true,
                                         .set_role = true,
                                         .name = "Ann O'Neill \xc3\xa9",
                                         .email = "Ann@Example.org",
                                         .admin = true};

static enum err create(struct actor *actor, struct user *out, const struct user_change *what) {
    bool replayed;
    enum err err = user_repo_create(&actor->task, out, &replayed, what, &admin_actor, NULL);
    expect(err != ERR_OK || !replayed);
    return err;
}

static void create_and_get(struct actor *actor) {
    struct user user;
    const uuid nobody = uuid_new();
    expect(create(actor, &user, &whole) == ERR_OK);
    made = user.id;
    expect(strcmp(user.name, whole.name) == 0 && strcmp(user.email, whole.email) == 0 && user.admin);
    expect(user.version == 1 && user.created_at_s == user.updated_at_s && user.n_addresses == 0);
    memset(&user, 0, sizeof user);
    expect(user_repo_get(&actor->task, &user, &made) == ERR_OK);
    expect(uuid_equal(&user.id, &made) && strcmp(user.email, whole.email) == 0 && user.version == 1);
    expect(user_repo_get(&actor->task, &user, &nobody) == ERR_USER_NOT_FOUND);
    expect(user_repo_get(&actor->task, &user, &user_2) == ERR_OK && user.name == NULL && user.email == NULL);
    expect(create(actor, &user, &(struct user_change){.set_name = false}) == ERR_OK && !user.admin);
}

static void test_what_was_made_is_found(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_and_get, 1);
    assert_string_equal(audit_log("."), "user.create name+email+role;user.create");
    assert_true(in_uuid(&made, "SELECT user_id FROM audit ORDER BY id LIMIT 1"));
    assert_true(in_uuid(&user_1, "SELECT DISTINCT actor FROM audit"));
    assert_true(in_uuid(&key, "SELECT DISTINCT actor_key FROM audit"));
    assert_int_equal(count("audit WHERE request_id = 'r-1' AND subject IS NULL"), 2);
    assert_true((uint64_t)strtoll(ask("SELECT max(created_at) FROM users"), NULL, 10) + NOW_SLACK_S > now_s());
    assert_log_agrees();
}

static void take_emails(struct actor *actor) {
    struct user user;
    struct user_change what = {.set_email = true, .email = "ann@eXample.ORG"};
    expect(create(actor, &user, &whole) == ERR_OK);
    const uuid first = user.id;
    expect(create(actor, &user, &what) == ERR_EMAIL_TAKEN);
    expect(user_repo_update(&actor->task, &user, &user_2, 0, &what, &admin_actor) == ERR_EMAIL_TAKEN);
    expect(user_repo_update(&actor->task, &user, &first, 0, &what, &admin_actor) == ERR_OK); /* its own */
    expect(strcmp(user.email, "ann@eXample.ORG") == 0);
    what.email = NULL;
    expect(user_repo_update(&actor->task, &user, &first, 0, &what, &admin_actor) == ERR_OK && user.email == NULL);
    what.email = "ANN@example.org";
    expect(user_repo_update(&actor->task, &user, &user_2, 0, &what, &admin_actor) == ERR_OK);
}

static void test_an_email_is_one_users_whatever_its_case(void **state) {
    (void)state;
    scene_play(&accounts_pool, take_emails, 1);
    assert_string_equal(audit_log("."), "user.create name+email+role;user.update email;user.update email;"
                                        "user.update email");
    assert_true(in_uuid(&user_2, "SELECT id FROM users WHERE email = 'ANN@example.org'"));
    assert_int_equal(count("users"), 3);
}

static size_t n_ok, n_refused, n_replayed;
static uuid crowd[CROWD];

/* Half of them make users, half of them change one of their own. */
static void want_the_same_email(struct actor *actor) {
    struct user user;
    const struct user_change what = {.set_email = true, .email = actor->i % 3 == 0 ? "a@b.org" : "A@b.org"};
    enum err err = actor->i % 2 == 0 ? create(actor, &user, &what)
                                     : user_repo_update(&actor->task, &user, &crowd[actor->i], 0, &what, &admin_actor);
    if (err == ERR_OK) n_ok++;
    if (err == ERR_EMAIL_TAKEN) n_refused++;
}

static void test_an_email_wanted_by_several_at_once_is_one_users(void **state) {
    (void)state;
    n_ok = n_refused = 0;
    for (size_t i = 0; i < CROWD; i++) crowd[i] = put_user("user", "");
    scene_play(&accounts_pool, want_the_same_email, CROWD);
    assert_int_equal(n_ok, 1);
    assert_int_equal(n_refused, CROWD - 1);
    assert_int_equal(count("users WHERE lower(email) = 'a@b.org'"), 1);
    assert_int_equal(count("audit"), 1);
}

/* Another connection holds the e-mail until the update waits for its row of the index. */
static void update_into_a_collision(struct actor *actor) {
    struct user user;
    const struct user_change what = {.set_email = true, .email = "a@b.org"};
    expect(user_repo_update(&actor->task, &user, &user_2, 0, &what, &admin_actor) == ERR_EMAIL_TAKEN);
}

static void commit_once_awaited(struct actor *actor) {
    static const char waiting[] = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    char n[CLUSTER_PATH_BYTES] = "0";
    for (int i = 0; i < 1000 && *cluster_ask(n, waiting) == '0'; i++) reactor_sleep_ms(actor->task.reactor, 5);
    expect(*n == '1');
    (void)sql(conn, "COMMIT");
}

static void collide(struct actor *actor) {
    (actor->i == 0 ? update_into_a_collision : commit_once_awaited)(actor);
}

static void test_an_email_that_is_taken_meanwhile_is_taken(void **state) {
    (void)state;
    (void)sql(conn, "BEGIN; UPDATE users SET email = 'A@b.org' WHERE role = 'admin'");
    scene_play(&accounts_pool, collide, 2);
    assert_int_equal(count("audit"), 0);
    assert_string_equal(ask("SELECT string_agg(email, ',') FROM users"), "A@b.org");
}

static void update_versions(struct actor *actor) {
    struct task *task = &actor->task;
    struct user user;
    const uuid nobody = uuid_new();
    const struct user_change name = {.set_name = true, .name = "B"};
    const struct user_change role = {.set_role = true, .admin = true};
    expect(user_repo_update(task, &user, &nobody, 1, &name, &admin_actor) == ERR_USER_NOT_FOUND);
    expect(user_repo_update(task, &user, &user_2, 2, &name, &admin_actor) == ERR_PRECONDITION_FAILED);
    expect(user_repo_update(task, &user, &user_2, 1, &name, &admin_actor) == ERR_OK);
    expect(user.version == 2 && strcmp(user.name, "B") == 0 && user.updated_at_s > user.created_at_s);
    expect(user_repo_update(task, &user, &user_2, 2, &name, &admin_actor) == ERR_OK && user.version == 2);
    expect(user_repo_update(task, &user, &user_2, 1, &role, &admin_actor) == ERR_PRECONDITION_FAILED);
    expect(user_repo_update(task, &user, &user_2, 0, &role, &admin_actor) == ERR_OK && user.version == 3);
    expect(user.admin && strcmp(user.name, "B") == 0);
}

static void test_a_change_needs_the_version_and_tells_what_it_changed(void **state) {
    (void)state;
    scene_play(&accounts_pool, update_versions, 1);
    assert_string_equal(audit_log("."), "user.update name;user.update role");
}

static void rename_at_once(struct actor *actor) {
    char name[] = {(char)('a' + actor->i), '\0'};
    struct user user;
    const struct user_change what = {.set_name = true, .name = name};
    enum err err = user_repo_update(&actor->task, &user, &user_2, 1, &what, &admin_actor);
    if (err == ERR_OK) n_ok++;
    if (err == ERR_PRECONDITION_FAILED) n_refused++;
}

static void test_of_changes_at_once_to_a_version_one_is_made(void **state) {
    (void)state;
    n_ok = n_refused = 0;
    scene_play(&accounts_pool, rename_at_once, CROWD);
    assert_int_equal(n_ok, 1);
    assert_int_equal(n_refused, CROWD - 1);
    assert_string_equal(ask("SELECT version FROM users WHERE name IS NOT NULL"), "2");
    assert_int_equal(count("audit"), 1);
}

static void delete_user(struct actor *actor) {
    struct task *task = &actor->task;
    expect(user_repo_delete(task, &user_2, 2, &admin_actor) == ERR_PRECONDITION_FAILED);
    expect(user_repo_delete(task, &user_2, 1, &admin_actor) == ERR_OK);
    expect(user_repo_delete(task, &user_2, 0, &admin_actor) == ERR_USER_NOT_FOUND);
}

static void test_deletion_takes_all_and_leaves_a_row_of_the_log(void **state) {
    (void)state;
    (void)sql(conn, "INSERT INTO addresses SELECT decode(md5(id::text) || '00000000', 'hex'), 0, id, 1 FROM users");
    (void)sql(conn, "UPDATE users SET name = 'Secret', email = 's@s.org' WHERE role = 'user';"
                    "INSERT INTO sessions SELECT gen_random_uuid(), id, '\\x0000000000000000000000000000000000000000',"
                    " 1, 1, 1, 4000000000 FROM users, generate_series(1, 3);"
                    "INSERT INTO api_keys SELECT gen_random_uuid(), id, 'k', sha256('s'), 1, 1, NULL, NULL FROM users;"
                    "INSERT INTO idempotency_keys SELECT id, sha256('k'), sha256('f'), id, NULL, 1 FROM users");
    scene_play(&accounts_pool, delete_user, 1);
    assert_string_equal(audit_log("."), "user.delete");
    assert_true(in_uuid(&user_2, "SELECT user_id FROM audit"));
    assert_true(in_uuid(&user_1, "SELECT id FROM users"));
    assert_int_equal(count("addresses") + count("api_keys") + count("idempotency_keys"), 3);
    assert_int_equal(count("sessions"), 3);
    assert_string_equal(ask("SELECT string_agg(audit::text, '') ~ 'Secret|s@s' FROM audit"), "f");
}

static void create_again(struct actor *actor) {
    struct task *task = &actor->task;
    const struct idempotency same = idempotency_of(1, 1), other = idempotency_of(1, 2);
    const struct audit_actor by_2 = {.user = &user_2};
    struct user user;
    bool replayed;
    expect(user_repo_create(task, &user, &replayed, &whole, &admin_actor, &same) == ERR_OK && !replayed);
    made = user.id;
    const struct user_change name = {.set_name = true, .name = "B"};
    expect(user_repo_update(task, &user, &made, 0, &name, &admin_actor) == ERR_OK);
    expect(user_repo_create(task, &user, &replayed, &whole, &admin_actor, &same) == ERR_OK && replayed);
    expect(uuid_equal(&user.id, &made) && user.version == 2); /* as it is now */
    expect(user_repo_create(task, &user, &replayed, &name, &admin_actor, &other) == ERR_IDEMPOTENCY_KEY_REUSED);
    expect(user_repo_create(task, &user, &replayed, &name, &by_2, &same) == ERR_OK && !replayed); /* somebody else's */
    expect(user_repo_delete(task, &made, 0, &admin_actor) == ERR_OK);
    expect(user_repo_create(task, &user, &replayed, &whole, &admin_actor, &same) == ERR_USER_NOT_FOUND);
}

static void test_a_request_sent_again_makes_nothing_new(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_again, 1);
    assert_string_equal(audit_log("."), "user.create name+email+role;user.update name;user.create name;user.delete");
    assert_log_agrees();
}

/* What fails leaves its Idempotency-Key unused. */
static void create_after_failure(struct actor *actor) {
    const struct idempotency same = idempotency_of(1, 1);
    const uuid nobody = uuid_new();
    const struct audit_actor gone = {.user = &nobody};
    struct user user;
    bool replayed;
    struct user_change what = {.set_email = true, .email = "x@y.org"};
    expect(create(actor, &user, &what) == ERR_OK);
    expect(user_repo_create(&actor->task, &user, &replayed, &what, &admin_actor, &same) == ERR_EMAIL_TAKEN);
    what.email = "z@y.org";
    expect(user_repo_create(&actor->task, &user, &replayed, &what, &admin_actor, &same) == ERR_OK && !replayed);
    expect(user_repo_create(&actor->task, &user, &replayed, &what, &gone, &same) == ERR_USER_NOT_FOUND);
}

static void test_a_request_that_failed_may_be_sent_again(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_after_failure, 1);
    assert_int_equal(count("audit"), 2);
    assert_int_equal(count("idempotency_keys"), 1);
    assert_log_agrees();
}

static void create_at_once(struct actor *actor) {
    const struct idempotency same = idempotency_of(1, 1);
    struct user user;
    bool replayed = false;
    expect(user_repo_create(&actor->task, &user, &replayed, &whole, &admin_actor, &same) == ERR_OK);
    if (replayed) n_replayed++;
    crowd[actor->i] = user.id;
}

static void test_requests_sent_at_once_make_one(void **state) {
    (void)state;
    n_replayed = 0;
    scene_play(&accounts_pool, create_at_once, CROWD);
    assert_int_equal(n_replayed, CROWD - 1);
    for (size_t i = 1; i < CROWD; i++) assert_true(uuid_equal(&crowd[i], &crowd[0]));
    assert_int_equal(count("audit"), 1);
    assert_log_agrees();
}

enum { MANY = 7 };

static bool is_before(const uuid *a, const uuid *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) < 0;
}

/* In: last, of the page before, or NULL. */
static void check_page(const struct user_page *page, const uuid *last) {
    for (size_t i = 0; i < page->n_rows; i++) {
        const struct user *user = &page->rows[i];
        expect(last == NULL || is_before(last, &user->id));
        expect(user->n_addresses == (uuid_equal(&user->id, &made) ? 2 : 0));
        if (user->n_addresses == 2) {
            expect(user->addresses[0].proven_at_s == 5 && user->addresses[0].chain_id == 10);
            expect(user->addresses[1].proven_at_s == 6 && user->addresses[1].chain_id == 0);
            expect(user->addresses[0].address.bytes[19] == 0x09);
        }
        last = &user->id;
    }
}

/* Pages of every size give the same users in the same order, each once. */
static void read_pages(struct actor *actor) {
    for (size_t limit = 1; limit <= MANY + 1; limit++) {
        struct user_page page;
        size_t n = 0;
        const uuid *last = NULL;
        do {
            expect(user_repo_page(&actor->task, &page, last, limit) == ERR_OK);
            expect(page.n_rows == limit || (!page.more && page.n_rows < limit));
            check_page(&page, last);
            n += page.n_rows;
            last = page.n_rows > 0 ? &page.rows[page.n_rows - 1].id : NULL;
        } while (page.more);
        expect(n == MANY);
    }
}

static void test_pages_are_in_order_without_gaps(void **state) {
    char text[UUID_TEXT_BYTES];
    (void)state;
    for (int i = 2; i < MANY; i++) made = put_user("user", "");
    (void)ask("INSERT INTO addresses VALUES ('\\x%040d', 0, '%s', 6), ('\\x%040d', 10, '%s', 5)", 7,
              uuid_format(text, &made), 9, text);
    scene_play(&accounts_pool, read_pages, 1);
}

#define test_of(test) cmocka_unit_test_setup(test, reset)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of(test_what_was_made_is_found),
        test_of(test_an_email_is_one_users_whatever_its_case),
        test_of(test_an_email_wanted_by_several_at_once_is_one_users),
        test_of(test_an_email_that_is_taken_meanwhile_is_taken),
        test_of(test_a_change_needs_the_version_and_tells_what_it_changed),
        test_of(test_of_changes_at_once_to_a_version_one_is_made),
        test_of(test_deletion_takes_all_and_leaves_a_row_of_the_log),
        test_of(test_a_request_sent_again_makes_nothing_new),
        test_of(test_a_request_that_failed_may_be_sent_again),
        test_of(test_requests_sent_at_once_make_one),
        test_of(test_pages_are_in_order_without_gaps),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
