/* What is kept of access tokens: the same text is known again, no other is taken for it, and it ends when it ends.
 * Each test has a ring and a cache.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/siphash.h"
#include "services/verified_token.h"

#define NOW_S UINT64_C(1800000000)
#define NOW_MS UINT64_C(5000)

static struct auth *auth;
static struct cache *cache;
static char text[ACCESS_TOKEN_BYTES];
static size_t len;
static struct access_claims written;

static struct key_ring *new_ring(void) {
    char problem[KEY_RING_PROBLEM_BYTES];
    struct key_ring *ring;
    assert_int_equal(key_ring_load(&ring, problem, "", NULL), ERR_OK);
    return ring;
}

static int set_up(void **state) {
    (void)state;
    const struct auth_settings settings = {.domains = "", .keys = "", .data_dir = "", .admins = ""};
    char problem[KEY_RING_PROBLEM_BYTES];
    cache = cache_new(1 << 20);
    if (auth_new(&auth, problem, &settings, NULL, 0, cache, true) != ERR_OK) return -1;
    written =
        (struct access_claims){.session = uuid_new(), .chain_id = 10, .issued_s = NOW_S - 60, .expires_s = NOW_S + 540};
    memset(written.address.bytes, 0x44, sizeof written.address.bytes);
    len = access_token_write(text, auth->ring, &written);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    auth_free(auth);
    cache_free(cache);
    return 0;
}

static enum err read_at(uint64_t now_s, uint64_t now_ms) {
    struct access_claims out;
    memset(&out, 0xaa, sizeof out);
    enum err err = verified_token_read(&out, auth, text, len, now_s, now_ms);
    if (err != ERR_OK) return err;
    assert_true(uuid_equal(&out.session, &written.session) && address_equal(&out.address, &written.address));
    assert_true(!out.has_user && out.chain_id == 10);
    assert_true(out.issued_s == written.issued_s && out.expires_s == written.expires_s);
    return ERR_OK;
}

/* From then on no key can verify it, so what is still taken was kept. */
static void lose_the_keys(void) {
    key_ring_free(auth->ring);
    auth->ring = new_ring();
}

static void test_a_token_that_was_verified_is_known_again(void **state) {
    (void)state;
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_OK);
    lose_the_keys();
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_OK);
    assert_int_equal(read_at(NOW_S + 539, NOW_MS + 539999), ERR_OK);
}

static void test_one_that_was_not_verified_is_not_kept(void **state) {
    (void)state;
    lose_the_keys();
    for (int i = 0; i < 3; i++) assert_int_equal(read_at(NOW_S, NOW_MS), ERR_UNAUTHENTICATED);
    assert_int_equal(cache_stats(cache).entries, 0);
}

/* By either clock: one of them may have been set back. */
static void test_it_ends_when_it_ends(void **state) {
    (void)state;
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_OK);
    assert_int_equal(read_at(NOW_S + 540, NOW_MS), ERR_TOKEN_EXPIRED);
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_OK);
    lose_the_keys();
    assert_int_equal(read_at(NOW_S, NOW_MS + 540000), ERR_UNAUTHENTICATED); /* it is not kept any more */
}

static void test_no_other_text_is_taken_for_it(void **state) {
    (void)state;
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_OK);
    for (size_t i = 0; i < len; i++) {
        char right = text[i];
        text[i] = (char)(right ^ 1);
        assert_int_equal(read_at(NOW_S, NOW_MS), ERR_UNAUTHENTICATED);
        text[i] = right;
    }
    len--;
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_UNAUTHENTICATED);
    len += 2;
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_UNAUTHENTICATED);
    len = 100000;
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_UNAUTHENTICATED);
}

/* Were only the hash compared, a text that meets another's would pass for it. Here one of the same length is put where
 * the first will be looked for. */
static void test_a_hash_that_meets_another_proves_nothing(void **state) {
    (void)state;
    uint8_t kept[CACHE_MAX_VALUE] = {0};
    const size_t claims_len = sizeof written;
    uint64_t hash = siphash24(auth->token_hash_key, text, len);
    memcpy(kept, &written, claims_len);
    memcpy(kept + claims_len, text, len);
    lose_the_keys();

    cache_put(cache, CACHE_ACCESS_TOKEN, &hash, sizeof hash, kept, claims_len + len, UINT64_MAX);
    assert_int_equal(read_at(NOW_S, NOW_MS), ERR_OK); /* so that is how it is kept */
    for (size_t i = 0; i < len; i++) {
        kept[claims_len + i] ^= 1;
        cache_put(cache, CACHE_ACCESS_TOKEN, &hash, sizeof hash, kept, claims_len + len, UINT64_MAX);
        assert_int_equal(read_at(NOW_S, NOW_MS), ERR_UNAUTHENTICATED);
        kept[claims_len + i] ^= 1;
    }
}

#define with_auth(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_auth(test_a_token_that_was_verified_is_known_again),
        with_auth(test_one_that_was_not_verified_is_not_kept),
        with_auth(test_it_ends_when_it_ends),
        with_auth(test_no_other_text_is_taken_for_it),
        with_auth(test_a_hash_that_meets_another_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
