/* Credentials whose truth is in PostgreSQL: sessions and API keys that live, end, expire and are revoked, what is kept
 * of keys, and when their use is noted. Rows are made and changed by SQL of the tests' own. Each test has a schema, a
 * reactor, a pool and an auth. Runs on one thread, besides libuv's own. */
#include "repos/accounts.h"

#include "core/clock.h"
#include "core/scope_table.h"
#include "services/access_token.h"
#include "services/auth.h"
#include "services/secrets.h"

static struct cache *cache;
static struct auth *auth;
static struct api_key_text key;
static char key_text[API_KEY_TEXT_BYTES];
static uuid session;
static char token[ACCESS_TOKEN_BYTES];

/* A key of user_2 that is good, and a session of user_1. */
static int set_up(void **state) {
    const struct auth_settings settings = {.domains = "", .keys = "", .data_dir = "", .admins = ""};
    char problem[KEY_RING_PROBLEM_BYTES], id[UUID_TEXT_BYTES], user[UUID_TEXT_BYTES], hash[2 * SHA256_BYTES + 1];
    if (accounts_reset(state) != 0) return -1;
    cache = cache_new(1 << 20);
    if (auth_new(&auth, problem, &settings, NULL, 0, cache, true) != ERR_OK) return -1;

    key.id = uuid_new();
    secure_random(key.secret, sizeof key.secret);
    api_key_write(key_text, &key);
    for (size_t i = 0; i < sizeof key.secret; i++) (void)snprintf(hash + 2 * i, 3, "%02x", key.secret[i]);
    (void)ask("INSERT INTO api_keys VALUES ('%s', '%s', 'k', sha256('\\x%s'), 3, 100, NULL, NULL)",
              uuid_format(id, &key.id), uuid_format(user, &user_2), hash);

    uint64_t wall_s = clock_wall_s();
    struct access_claims claims = {
        .has_user = true, .user = user_1, .chain_id = 1, .issued_s = wall_s, .expires_s = wall_s + 600};
    claims.session = session = uuid_new();
    (void)access_token_write(token, auth->ring, &claims);
    (void)ask("INSERT INTO sessions VALUES ('%s', '%s', '\\x%040d', 1, 1, 100, 4000000000)", uuid_format(id, &session),
              uuid_format(user, &user_1), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    auth_free(auth);
    cache_free(cache);
    return 0;
}

static enum err identify(struct actor *actor, struct principal *out, const char *text, bool verify) {
    memset(out, 0, sizeof *out);
    actor->task.fault = (struct fault){.code = ERR_OK};
    enum err err = auth_identify(&actor->task, auth, out, text, strlen(text), verify);
    expect(err == ERR_OK || actor->task.fault.code == err);
    return err;
}

/* Nothing but whether it is good. */
static enum err verdict(struct actor *actor, const char *text, bool verify) {
    struct principal who;
    return identify(actor, &who, text, verify);
}

static void a_key(struct actor *actor) {
    struct principal who;
    for (int verify = 0; verify < 2; verify++) {
        expect(identify(actor, &who, key_text, verify) == ERR_OK);
        expect(who.kind == PRINCIPAL_KEY && uuid_equal(&who.id, &key.id) && who.has_user);
        expect(uuid_equal(&who.user, &user_2) && who.scopes == (SCOPE_READ | SCOPE_ACCOUNT_READ) && !who.admin);
        expect(who.issued_s == 100 && who.expires_s == 0 && who.verified == (verify == 1));
    }
}

static void test_a_key_stands_for_its_user(void **state) {
    (void)state;
    scene_play(&accounts_pool, a_key, 1);
}

static void an_admins_key(struct actor *actor) {
    struct principal who;
    expect(identify(actor, &who, key_text, true) == ERR_OK && who.admin);
    expect(identify(actor, &who, key_text, false) == ERR_OK && !who.admin); /* not known to this moment */
}

/* Bits that are no scopes, the one that is no key's among them, are taken off. */
static void test_a_key_is_what_its_user_is_now(void **state) {
    (void)state;
    (void)ask("UPDATE users SET role = 'admin'; UPDATE api_keys SET scopes = -1");
    scene_play(&accounts_pool, an_admins_key, 1);
}

static void all_bits(struct actor *actor) {
    struct principal who;
    expect(identify(actor, &who, key_text, false) == ERR_OK && who.scopes == (1u << scope_count) - 1);
}

static void test_bits_that_are_no_scopes_are_none(void **state) {
    (void)state;
    (void)ask("UPDATE api_keys SET scopes = -1");
    scene_play(&accounts_pool, all_bits, 1);
}

static void wrong_keys(struct actor *actor) {
    struct api_key_text other = key;
    char text[API_KEY_TEXT_BYTES];
    char detail[TASK_DETAIL_BYTES];
    for (size_t i = 0; i < sizeof other.secret; i++) {
        other.secret[i] ^= 1;
        api_key_write(text, &other);
        expect(verdict(actor, text, i % 2 == 0) == ERR_UNAUTHENTICATED);
        other.secret[i] ^= 1;
    }
    (void)snprintf(detail, sizeof detail, "%s", actor->task.fault.detail);
    other.id = uuid_new();
    api_key_write(text, &other);
    expect(verdict(actor, text, false) == ERR_UNAUTHENTICATED);
    expect(strcmp(detail, actor->task.fault.detail) == 0); /* which of both is wrong is not told */
    expect(verdict(actor, key_text, false) == ERR_OK);
}

static void test_a_wrong_secret_is_no_key(void **state) {
    (void)state;
    scene_play(&accounts_pool, wrong_keys, 1);
}

static void expiring(struct actor *actor) {
    struct principal who;
    (void)ask("UPDATE api_keys SET expires_at = %llu", (unsigned long long)now_s() + 100);
    expect(identify(actor, &who, key_text, true) == ERR_OK && who.expires_s > now_s());
    (void)ask("UPDATE api_keys SET expires_at = %llu", (unsigned long long)now_s() - 2);
    expect(verdict(actor, key_text, true) == ERR_UNAUTHENTICATED);
    expect(strcmp(actor->task.fault.detail, "the API key has expired") == 0);
    expect(verdict(actor, key_text, false) == ERR_UNAUTHENTICATED);
}

static void test_a_key_expires(void **state) {
    (void)state;
    scene_play(&accounts_pool, expiring, 1);
}

/* Revoked behind this instance's back: it counts at once where that is asked for, and in a few seconds elsewhere. */
static void revoked(struct actor *actor) {
    expect(verdict(actor, key_text, false) == ERR_OK);
    (void)ask("DELETE FROM api_keys");
    expect(verdict(actor, key_text, false) == ERR_OK);
    expect(verdict(actor, key_text, true) == ERR_UNAUTHENTICATED);
    expect(verdict(actor, key_text, false) == ERR_UNAUTHENTICATED);
}

static void test_a_key_that_was_deleted_is_none(void **state) {
    (void)state;
    scene_play(&accounts_pool, revoked, 1);
}

static void forgotten(struct actor *actor) {
    expect(verdict(actor, key_text, false) == ERR_OK);
    auth_forget_key(auth, &key.id);
    expect(verdict(actor, key_text, false) == ERR_UNAUTHENTICATED);
    expect(verdict(actor, key_text, true) == ERR_OK); /* the row is there still */
    expect(verdict(actor, key_text, false) == ERR_OK);
}

static void test_a_key_that_is_forgotten_counts_no_more(void **state) {
    (void)state;
    scene_play(&accounts_pool, forgotten, 1);
}

static bool is_there(void *arg, const void *value, size_t len) {
    (void)arg;
    (void)value;
    return len > 0;
}

static bool is_kept(const uuid *id, uint64_t for_ms) {
    return cache_take(cache, CACHE_API_KEY, NULL, is_there, id->bytes, sizeof id->bytes,
                      clock_now_us() / 1000 + for_ms);
}

/* So long is a key good where another instance has deleted it, and unknown where another has made it. */
static void kept(struct actor *actor) {
    struct api_key_text unknown = {.id = uuid_new()};
    char text[API_KEY_TEXT_BYTES];
    api_key_write(text, &unknown);
    expect(verdict(actor, key_text, false) == ERR_OK && verdict(actor, text, false) == ERR_UNAUTHENTICATED);
    expect(is_kept(&key.id, 0) && is_kept(&unknown.id, 0));
    expect(!is_kept(&key.id, 10000) && !is_kept(&unknown.id, 10000));
}

static void test_a_key_is_kept_for_some_seconds(void **state) {
    (void)state;
    scene_play(&accounts_pool, kept, 1);
}

/* In: how many queries it may take. */
static void expect_queries(struct actor *actor, const char *text, bool verify, uint32_t n) {
    uint32_t before = actor->task.db_queries;
    (void)verdict(actor, text, verify);
    expect(actor->task.db_queries - before == n);
}

static void asking(struct actor *actor) {
    struct api_key_text unknown = {.id = uuid_new()};
    char text[API_KEY_TEXT_BYTES];
    api_key_write(text, &unknown);
    expect_queries(actor, key_text, false, 1);
    expect_queries(actor, key_text, false, 0);
    expect_queries(actor, key_text, true, 1);
    expect_queries(actor, text, false, 1);
    expect_queries(actor, text, false, 0);
    expect_queries(actor, token, false, 0);
    expect_queries(actor, token, true, 1);
    expect_queries(actor, "nonsense", true, 0);
}

static void test_the_database_is_asked_once_for_what_is_kept(void **state) {
    (void)state;
    scene_play(&accounts_pool, asking, 1);
}

static void use_key(struct actor *actor) {
    expect(verdict(actor, key_text, false) == ERR_OK);
}

static void use_wrong_secret(struct actor *actor) {
    struct api_key_text other = key;
    char text[API_KEY_TEXT_BYTES];
    other.secret[0] ^= 1;
    api_key_write(text, &other);
    expect(verdict(actor, text, true) == ERR_UNAUTHENTICATED);
}

static uint64_t last_used(void) {
    return strtoull(ask("SELECT coalesce(last_used_at, 0) FROM api_keys"), NULL, 10);
}

/* A scene ends when all coroutines have returned, so when notes are written. */
static void test_a_use_is_noted_once_a_minute(void **state) {
    (void)state;
    scene_play(&accounts_pool, use_wrong_secret, 1);
    assert_int_equal(last_used(), 0);
    scene_play(&accounts_pool, use_key, 1);
    assert_in_range(last_used(), now_s() - NOW_SLACK_S, now_s());

    (void)ask("UPDATE api_keys SET last_used_at = 7");
    scene_play(&accounts_pool, use_key, 3); /* it knows of a use in this minute */
    assert_int_equal(last_used(), 7);
}

static void use_verified(struct actor *actor) {
    expect(verdict(actor, key_text, true) == ERR_OK);
}

/* What another instance has noted counts as well. */
static void test_a_use_is_noted_when_the_last_note_is_old(void **state) {
    (void)state;
    uint64_t recent_s = now_s() - 20;
    (void)ask("UPDATE api_keys SET last_used_at = %llu", (unsigned long long)recent_s);
    scene_play(&accounts_pool, use_verified, 1);
    assert_int_equal(last_used(), recent_s);
    (void)ask("UPDATE api_keys SET last_used_at = %llu", (unsigned long long)recent_s - 60);
    scene_play(&accounts_pool, use_verified, 1);
    assert_true(last_used() > recent_s);
}

static void test_as_many_notes_as_may_be_are_written_at_a_time(void **state) {
    (void)state;
    atomic_store(&auth->notes, 8);
    scene_play(&accounts_pool, use_key, 1);
    assert_int_equal(last_used(), 0);
    assert_int_equal(atomic_load(&auth->notes), 8);
    atomic_store(&auth->notes, 0);
    auth_forget_key(auth, &key.id);
    scene_play(&accounts_pool, use_verified, 1);
    assert_true(last_used() > 0);
    assert_int_equal(atomic_load(&auth->notes), 0);
}

static void a_session(struct actor *actor) {
    struct principal who;
    char other[UUID_TEXT_BYTES];
    expect(identify(actor, &who, token, false) == ERR_OK && !who.verified && !who.admin);
    expect(who.has_user && uuid_equal(&who.user, &user_1));
    expect(identify(actor, &who, token, true) == ERR_OK && who.verified && who.admin);
    expect(who.kind == PRINCIPAL_SESSION && uuid_equal(&who.id, &session) && uuid_equal(&who.user, &user_1));
    (void)ask("UPDATE users SET role = 'user'");
    expect(identify(actor, &who, token, true) == ERR_OK && !who.admin);
    (void)ask("UPDATE sessions SET user_id = '%s'", uuid_format(other, &user_2));
    expect(identify(actor, &who, token, true) == ERR_OK);
    expect(uuid_equal(&who.user, &user_2)); /* whatever the token says */
    (void)ask("DELETE FROM sessions");
    expect(verdict(actor, token, true) == ERR_UNAUTHENTICATED);
    expect(verdict(actor, token, false) == ERR_OK); /* until it expires, as said */
}

static void test_a_session_is_what_the_database_says(void **state) {
    (void)state;
    scene_play(&accounts_pool, a_session, 1);
}

static void unreachable(struct actor *actor) {
    expect(verdict(actor, key_text, false) == ERR_ACCOUNTS_UNAVAILABLE);
    expect(verdict(actor, key_text, true) == ERR_ACCOUNTS_UNAVAILABLE);
    expect(verdict(actor, token, true) == ERR_ACCOUNTS_UNAVAILABLE);
    expect(verdict(actor, token, false) == ERR_OK);
}

static void test_without_its_database_only_what_needs_none_is_told(void **state) {
    (void)state;
    scene_play(NULL, unreachable, 1);
    assert_int_equal(cache_stats(cache).entries, 1); /* the token: that nobody could tell is not kept */
}

#define auth_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        auth_test(test_a_key_stands_for_its_user),
        auth_test(test_a_key_is_what_its_user_is_now),
        auth_test(test_bits_that_are_no_scopes_are_none),
        auth_test(test_a_wrong_secret_is_no_key),
        auth_test(test_a_key_expires),
        auth_test(test_a_key_that_was_deleted_is_none),
        auth_test(test_a_key_that_is_forgotten_counts_no_more),
        auth_test(test_a_key_is_kept_for_some_seconds),
        auth_test(test_the_database_is_asked_once_for_what_is_kept),
        auth_test(test_a_use_is_noted_once_a_minute),
        auth_test(test_a_use_is_noted_when_the_last_note_is_old),
        auth_test(test_as_many_notes_as_may_be_are_written_at_a_time),
        auth_test(test_a_session_is_what_the_database_says),
        auth_test(test_without_its_database_only_what_needs_none_is_told),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
