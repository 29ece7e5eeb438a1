/* API keys, against a PostgreSQL of the test's own. Each test has a schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"
#include "core/principal.h"
#include "repos/key_repo.h"

enum { CROWD = 6, MAX = 3, SEALED = 24 };

static struct audit_actor actor_2;
static size_t n_ok, n_refused, n_replayed;

static int reset(void **state) {
    int result = accounts_reset(state);
    actor_2 = (struct audit_actor){.user = &user_2, .request_id = "r-1"};
    n_ok = n_refused = n_replayed = 0;
    return result;
}

static struct api_key key_of(const uuid *user, uint64_t expires_at_s) {
    return (struct api_key){.id = uuid_new(),
                            .user = *user,
                            .name = "a key",
                            .secret_hash = {1, 2, 3},
                            .scopes = SCOPE_READ | SCOPE_ACCOUNT_WRITE | SCOPE_SESSION,
                            .expires_at_s = expires_at_s};
}

static enum err create(struct task *task, struct api_key *key) {
    bool replayed;
    uint8_t sealed[SEALED];
    return key_repo_create(task, key, &replayed, sealed, MAX, NULL, &actor_2, NULL);
}

static uuid made;

static void create_and_get(struct actor *actor) {
    struct task *task = &actor->task;
    struct api_key key = key_of(&user_2, 4000000000), admins = key_of(&user_1, 0), found, none = key_of(&user_2, 0);
    made = key.id;
    expect(create(task, &key) == ERR_OK && uuid_equal(&key.id, &made) && !key.admin && key.created_at_s > 100);
    expect(create(task, &admins) == ERR_OK && admins.admin && admins.expires_at_s == 0);
    expect(key_repo_get(task, &found, &made) == ERR_OK && uuid_equal(&found.id, &made));
    expect(uuid_equal(&found.user, &user_2) && strcmp(found.name, "a key") == 0 && found.secret_hash[2] == 3);
    expect(found.scopes == (SCOPE_READ | SCOPE_ACCOUNT_WRITE | SCOPE_SESSION) && found.expires_at_s == 4000000000);
    expect(found.last_used_at_s == 0 && found.created_at_s == key.created_at_s && !found.admin);
    expect(key_repo_get(task, &found, &none.id) == ERR_KEY_NOT_FOUND);
    none.user = none.id;
    expect(create(task, &none) == ERR_USER_NOT_FOUND);
    expect(key_repo_touch(task, &made, 1000) == ERR_OK);
    expect(key_repo_touch(task, &made, 1059) == ERR_OK);
    expect(key_repo_get(task, &found, &made) == ERR_OK && found.last_used_at_s == 1000);
    expect(key_repo_touch(task, &made, 1060) == ERR_OK && key_repo_touch(task, &none.id, 1060) == ERR_OK);
    expect(key_repo_get(task, &found, &made) == ERR_OK && found.last_used_at_s == 1060);
}

static void test_a_key_is_found_as_it_was_made(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_and_get, 1);
    assert_string_equal(audit_log("."), "key.create;key.create");
    assert_true(in_uuid(&made, "SELECT subject FROM audit ORDER BY id LIMIT 1"));
    assert_true(in_uuid(&user_2, "SELECT user_id FROM audit ORDER BY id LIMIT 1"));
    assert_int_equal(count("audit WHERE request_id = 'r-1' AND actor IS NOT NULL"), 2);
}

static void create_many(struct actor *actor) {
    struct api_key key = key_of(&user_2, 0);
    enum err err = create(&actor->task, &key);
    if (err == ERR_OK) n_ok++;
    if (err == ERR_LIMIT_REACHED) n_refused++;
}

static void test_keys_made_at_once_stay_within_the_limit(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_many, CROWD);
    assert_int_equal(n_ok, MAX);
    assert_int_equal(n_refused, CROWD - MAX);
    assert_int_equal(count("api_keys"), MAX);
    assert_int_equal(count("audit"), MAX);
}

static uuid crowd[CROWD];

static void create_again(struct actor *actor) {
    const struct idempotency same = {.key_hash = {1}, .fingerprint = {1}}, other = {.key_hash = {1}};
    struct api_key key = key_of(&user_2, 0);
    uint8_t secret[SEALED] = {(uint8_t)(100 + actor->i)}, sealed[SEALED] = {0};
    bool replayed = false;
    expect(key_repo_create(&actor->task, &key, &replayed, sealed, MAX, secret, &actor_2, &same) == ERR_OK);
    if (replayed) n_replayed++;
    expect(!replayed || (sealed[0] >= 100 && sealed[0] < 100 + CROWD));
    crowd[actor->i] = key.id;
    expect(key_repo_create(&actor->task, &key, &replayed, sealed, MAX, secret, &actor_2, &other) ==
           ERR_IDEMPOTENCY_KEY_REUSED);
}

static void create_once_more(struct actor *actor) {
    const struct idempotency same = {.key_hash = {1}, .fingerprint = {1}};
    struct api_key key = key_of(&user_2, 0);
    uint8_t secret[SEALED] = {1}, sealed[SEALED] = {0};
    bool replayed = false;
    expect(key_repo_create(&actor->task, &key, &replayed, sealed, MAX, secret, &actor_2, &same) == ERR_OK && replayed);
    expect(uuid_equal(&key.id, &crowd[0]) && sealed[0] >= 100);
    expect(key_repo_delete(&actor->task, &crowd[0], NULL, &actor_2) == ERR_OK);
    key = key_of(&user_2, 0);
    expect(key_repo_create(&actor->task, &key, &replayed, sealed, MAX, secret, &actor_2, &same) == ERR_KEY_NOT_FOUND);
}

static void test_a_request_sent_again_gives_the_same_key(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_again, CROWD);
    assert_int_equal(n_replayed, CROWD - 1);
    for (size_t i = 1; i < CROWD; i++) assert_true(uuid_equal(&crowd[i], &crowd[0]));
    assert_int_equal(count("api_keys"), 1);
    scene_play(&accounts_pool, create_once_more, 1);
    assert_string_equal(audit_log("."), "key.create;key.delete");
}

/* Two users have the same Idempotency-Key for the same request, each twice. */
static void create_as_each(struct actor *actor) {
    const struct idempotency same = {.key_hash = {1}, .fingerprint = {1}};
    const uuid *users[] = {&user_1, &user_2, &user_1, &user_2};
    for (uint8_t i = 0; i < 4; i++) {
        const struct audit_actor by = {.user = users[i]};
        struct api_key key = key_of(users[i], 0);
        uint8_t secret[SEALED] = {(uint8_t)(100 + i)}, sealed[SEALED] = {0};
        bool replayed;
        expect(key_repo_create(&actor->task, &key, &replayed, sealed, MAX, secret, &by, &same) == ERR_OK);
        expect(replayed == (i >= 2) && uuid_equal(&key.user, users[i]));
        expect(!replayed || sealed[0] == 100 + i - 2);
    }
}

static void test_an_idempotency_key_is_its_users_own(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_as_each, 1);
    assert_int_equal(count("api_keys"), 2);
}

static void create_key_for_a_user(struct actor *actor) {
    const struct idempotency same = {.key_hash = {1}, .fingerprint = {1}};
    const struct user_change nothing = {.set_name = false};
    struct api_key key = key_of(&user_2, 0);
    struct user user;
    uint8_t secret[SEALED] = {1}, sealed[SEALED];
    bool replayed;
    expect(user_repo_create(&actor->task, &user, &replayed, &nothing, &actor_2, &same) == ERR_OK);
    expect(key_repo_create(&actor->task, &key, &replayed, sealed, MAX, secret, &actor_2, &same) ==
           ERR_IDEMPOTENCY_KEY_REUSED);
}

static void test_what_was_made_without_a_secret_is_no_key(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_key_for_a_user, 1);
    assert_int_equal(count("api_keys"), 0);
}

static void create_in_a_session(struct actor *actor) {
    const uuid live = uuid_new(), gone = uuid_new();
    const struct audit_actor by[] = {{.user = &user_2, .session = &gone}, {.user = &user_2, .session = &live}};
    char id[UUID_TEXT_BYTES], user[UUID_TEXT_BYTES];
    (void)ask("INSERT INTO sessions VALUES ('%s', '%s', '\\x%040d', 1, 1, 1, 4000000000)", uuid_format(id, &live),
              uuid_format(user, &user_2), 0);
    for (size_t i = 0; i < 2; i++) {
        struct api_key key = key_of(&user_2, 0);
        bool replayed;
        enum err err = key_repo_create(&actor->task, &key, &replayed, NULL, MAX, NULL, &by[i], NULL);
        expect(err == (i == 0 ? ERR_UNAUTHENTICATED : ERR_OK));
    }
}

static void test_a_session_that_has_ended_makes_no_key(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_in_a_session, 1);
    assert_int_equal(count("api_keys"), 1);
    assert_string_equal(audit_log("."), "key.create");
}

static void delete_keys(struct actor *actor) {
    struct task *task = &actor->task;
    struct api_key key = key_of(&user_2, 1), other = key_of(&user_2, 0);
    expect(create(task, &key) == ERR_OK && create(task, &other) == ERR_OK);
    made = key.id;
    expect(key_repo_get(task, &other, &made) == ERR_OK && other.expires_at_s == 1); /* long ago */
    expect(key_repo_delete(task, &made, &user_1, &actor_2) == ERR_KEY_NOT_FOUND);
    expect(key_repo_delete(task, &made, &user_2, &actor_2) == ERR_OK);
    expect(key_repo_delete(task, &made, &user_2, &actor_2) == ERR_KEY_NOT_FOUND);
    expect(key_repo_get(task, &other, &made) == ERR_KEY_NOT_FOUND);
}

static void test_a_key_is_deleted_by_its_user_or_any_admin(void **state) {
    (void)state;
    scene_play(&accounts_pool, delete_keys, 1);
    assert_string_equal(audit_log("delete"), "key.delete");
    assert_true(in_uuid(&made, "SELECT subject FROM audit WHERE action = 'key.delete'"));
    assert_int_equal(count("api_keys"), 1);
}

enum { MANY = 5 };

static void read_pages(struct actor *actor) {
    for (size_t limit = 1; limit <= MANY + 1; limit++) {
        struct api_key_page page;
        size_t n = 0;
        const uuid *last = NULL;
        do {
            expect(key_repo_page(&actor->task, &page, &user_2, last, limit) == ERR_OK);
            expect(page.n_rows == limit || (!page.more && page.n_rows < limit));
            for (size_t i = 0; i < page.n_rows; i++, n++) {
                expect(last == NULL || memcmp(last->bytes, page.rows[i].id.bytes, sizeof last->bytes) < 0);
                expect(uuid_equal(&page.rows[i].user, &user_2));
                last = &page.rows[i].id;
            }
        } while (page.more);
        expect(n == MANY);
    }
}

static void test_pages_have_the_users_keys_alone(void **state) {
    (void)state;
    (void)ask("INSERT INTO api_keys SELECT gen_random_uuid(), id, 'k', sha256('s'), 1, 1, NULL, NULL"
              " FROM users, generate_series(1, %d)",
              MANY);
    scene_play(&accounts_pool, read_pages, 1);
}

#define test_of(test) cmocka_unit_test_setup(test, reset)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of(test_a_key_is_found_as_it_was_made),
        test_of(test_keys_made_at_once_stay_within_the_limit),
        test_of(test_a_request_sent_again_gives_the_same_key),
        test_of(test_an_idempotency_key_is_its_users_own),
        test_of(test_a_session_that_has_ended_makes_no_key),
        test_of(test_what_was_made_without_a_secret_is_no_key),
        test_of(test_a_key_is_deleted_by_its_user_or_any_admin),
        test_of(test_pages_have_the_users_keys_alone),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
