/* Secrets that are kept sealed. Each test loads the rings it needs and frees them. Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "services/sealed_secret.h"

/* 32 bytes each. */
#define OLD "old:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define NEW "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

static struct key_ring *load(const char *setting) {
    struct key_ring *ring;
    char problem[KEY_RING_PROBLEM_BYTES];
    assert_int_equal(key_ring_load(&ring, problem, setting, "/nonexistent"), ERR_OK);
    return ring;
}

static const uuid user = {{1, 2, 3}}, other_user = {{1, 2, 4}};
static const uint8_t secret[API_SECRET_BYTES] = "twenty-four secret bytes";
static uint8_t hash[SHA256_BYTES], other_hash[SHA256_BYTES];

static int hash_secrets(void **state) {
    (void)state;
    sha256(hash, secret, sizeof secret);
    sha256(other_hash, "another", 7);
    return 0;
}

static struct seal seal_of(const struct key_ring *ring) {
    return (struct seal){.ring = ring, .user = &user, .secret_hash = hash, .idempotency_key = "retry-1"};
}

static void test_a_ring_with_the_key_opens_it(void **state) {
    struct key_ring *old = load(OLD), *rotated = load(NEW "," OLD), *gone = load(NEW);
    struct seal seal = seal_of(old);
    uint8_t sealed[API_SECRET_BYTES], opened[API_SECRET_BYTES];
    (void)state;
    sealed_secret_close(&seal, sealed, secret);
    assert_memory_not_equal(sealed, secret, sizeof secret);
    assert_true(sealed_secret_open(&seal, opened, sealed));
    assert_memory_equal(opened, secret, sizeof secret);
    seal.ring = rotated;
    memset(opened, 0, sizeof opened);
    assert_true(sealed_secret_open(&seal, opened, sealed));
    assert_memory_equal(opened, secret, sizeof secret);
    seal.ring = gone;
    assert_false(sealed_secret_open(&seal, opened, sealed));
    assert_memory_not_equal(opened, secret, sizeof secret);
    key_ring_free(old);
    key_ring_free(rotated);
    key_ring_free(gone);
}

static void test_it_is_sealed_for_one_user_and_one_idempotency_key(void **state) {
    struct key_ring *ring = load(OLD);
    const struct seal right = seal_of(ring);
    struct seal wrong[] = {right, right, right};
    uint8_t sealed[API_SECRET_BYTES], opened[API_SECRET_BYTES], again[API_SECRET_BYTES];
    (void)state;
    wrong[0].user = &other_user;
    wrong[1].idempotency_key = "retry-2";
    wrong[2].secret_hash = other_hash;
    sealed_secret_close(&right, sealed, secret);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(sealed_secret_open(&wrong[i], opened, sealed));
        sealed_secret_close(&wrong[i], again, secret);
        assert_memory_not_equal(again, sealed, sizeof sealed);
    }
    key_ring_free(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ring_with_the_key_opens_it),
        cmocka_unit_test(test_it_is_sealed_for_one_user_and_one_idempotency_key),
    };
    return cmocka_run_group_tests(tests, hash_secrets, NULL);
}
