/* Sessions without a database: nonces and ended sessions are used up in a bounded memory, and what does not fit is
 * refused rather than forgotten. With a database it is the integration tests that see them. One thread; nothing waits.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/clock.h"
#include "services/sign_in_service.h"

enum { NONCE_TTL = 300, ACCESS_TTL = 600, LONG_AGO = 1700000000 };

struct scene {
    struct auth auth;
    struct task task;
};

static uint64_t now(void) {
    return clock_wall_s();
}

static struct scene scene_new(size_t max_spent) {
    struct scene scene = {.auth = {.domains = "app.example.com",
                                   .access_ttl_s = ACCESS_TTL,
                                   .nonce_ttl_s = NONCE_TTL,
                                   .started_s = LONG_AGO,
                                   .spent = spent_new(max_spent)}};
    char problem[KEY_RING_PROBLEM_BYTES];
    enum err err = key_ring_load(&scene.auth.ring, problem, "a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", NULL);
    assert_int_equal(err, ERR_OK);
    return scene;
}

static void scene_free(struct scene *scene) {
    spent_free(scene->auth.spent);
    key_ring_free(scene->auth.ring);
}

static struct proof proof_of(uint8_t nonce) {
    return (struct proof){.address = {{0xab, nonce}},
                          .chain_id = 31337,
                          .any_chain = true,
                          .nonce = {.id = {nonce}, .issued_s = now(), .expires_s = now() + NONCE_TTL}};
}

static enum err begin(struct scene *scene, struct grant *grant, const struct proof *proof) {
    return sign_in_begin(&scene->task, &scene->auth, grant, proof, "request-1");
}

static void test_a_nonce_is_good_for_its_time(void **state) {
    (void)state;
    struct scene scene = scene_new(8);
    char text[NONCE_TEXT_BYTES];
    struct nonce nonce;
    uint64_t before = now(), expires_s;
    assert_int_equal(sign_in_nonce(&scene.task, &scene.auth, text, &expires_s), ERR_OK);
    assert_int_equal(nonce_read(&nonce, scene.auth.ring, text, strlen(text)), ERR_OK);
    assert_in_range(nonce.issued_s, before, now());
    assert_int_equal(nonce.expires_s, nonce.issued_s + NONCE_TTL);
    assert_int_equal(expires_s, nonce.expires_s);
    scene_free(&scene);
}

static void test_without_domains_there_is_no_nonce(void **state) {
    (void)state;
    struct scene scene = scene_new(8);
    char text[NONCE_TEXT_BYTES];
    uint64_t expires_s;
    scene.auth.domains = "";
    assert_int_equal(sign_in_nonce(&scene.task, &scene.auth, text, &expires_s), ERR_SIGN_IN_UNAVAILABLE);
    assert_int_equal(scene.task.fault.code, ERR_SIGN_IN_UNAVAILABLE);
    scene_free(&scene);
}

static void test_a_proof_becomes_a_session_once(void **state) {
    (void)state;
    struct scene scene = scene_new(8);
    const struct proof proof = proof_of(1);
    struct grant grant;
    struct access_claims read;
    assert_int_equal(begin(&scene, &grant, &proof), ERR_OK);
    assert_int_equal(access_token_read(&read, scene.auth.ring, grant.access_token, strlen(grant.access_token), now()),
                     ERR_OK);
    assert_true(uuid_equal(&read.session, &grant.claims.session));
    assert_true(address_equal(&read.address, &proof.address));
    assert_false(read.has_user);
    assert_int_equal(read.chain_id, 31337);
    assert_int_equal(read.expires_s, read.issued_s + ACCESS_TTL);
    assert_string_equal(grant.refresh_token, "");
    assert_false(grant.created);
    assert_int_equal(begin(&scene, &grant, &proof), ERR_INVALID_NONCE);
    assert_int_equal(scene.task.fault.code, ERR_INVALID_NONCE);
    scene_free(&scene);
}

static void test_what_is_spent_is_kept_longer_than_the_nonce_is_good(void **state) {
    (void)state;
    struct task task = {.name = "test"};
    struct proof proof = proof_of(1);
    struct spending spending;
    assert_int_equal(sign_in_spend(&task, &spending, &proof), ERR_OK);
    assert_memory_equal(spending.nonce, proof.nonce.id, sizeof spending.nonce);
    assert_int_equal(spending.expires_at_s, proof.nonce.expires_s + 60);
}

static void test_a_nonce_that_has_expired_meanwhile_spends_nothing(void **state) {
    (void)state;
    struct scene scene = scene_new(8);
    struct proof proof = proof_of(1);
    struct grant grant;
    proof.nonce.expires_s = now();
    assert_int_equal(begin(&scene, &grant, &proof), ERR_INVALID_NONCE);
    assert_false(spent_has(scene.auth.spent, proof.nonce.id, now()));
    scene_free(&scene);
}

static void test_when_no_more_can_be_remembered_nobody_signs_in_or_out(void **state) {
    (void)state;
    struct scene scene = scene_new(1);
    const struct proof first = proof_of(1), second = proof_of(2);
    struct principal principal = {.kind = PRINCIPAL_SESSION, .id = uuid_new(), .expires_s = now() + ACCESS_TTL};
    struct grant grant;
    assert_int_equal(begin(&scene, &grant, &first), ERR_OK);
    assert_int_equal(begin(&scene, &grant, &second), ERR_SIGN_IN_UNAVAILABLE);
    assert_int_equal(sign_in_end(&scene.task, &scene.auth, &principal, ""), ERR_SIGN_IN_UNAVAILABLE);
    assert_int_equal(scene.task.fault.code, ERR_SIGN_IN_UNAVAILABLE);
    assert_int_equal(begin(&scene, &grant, &first), ERR_INVALID_NONCE);
    scene_free(&scene);
}

static void test_a_session_is_ended_and_may_be_ended_again(void **state) {
    (void)state;
    struct scene scene = scene_new(8);
    struct principal principal = {.kind = PRINCIPAL_SESSION, .id = uuid_new(), .expires_s = now() + ACCESS_TTL};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sign_in_end(&scene.task, &scene.auth, &principal, ""), ERR_OK);
        assert_true(spent_has(scene.auth.spent, principal.id.bytes, now()));
        assert_true(spent_has(scene.auth.spent, principal.id.bytes, now() + ACCESS_TTL - 5));
    }
    scene_free(&scene);
}

static void test_no_session_is_refreshed(void **state) {
    (void)state;
    struct scene scene = scene_new(8);
    struct grant grant;
    assert_int_equal(sign_in_refresh(&scene.task, &scene.auth, &grant, "x", 1, ""), ERR_ACCOUNTS_UNAVAILABLE);
    scene_free(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_nonce_is_good_for_its_time),
        cmocka_unit_test(test_without_domains_there_is_no_nonce),
        cmocka_unit_test(test_a_proof_becomes_a_session_once),
        cmocka_unit_test(test_what_is_spent_is_kept_longer_than_the_nonce_is_good),
        cmocka_unit_test(test_a_nonce_that_has_expired_meanwhile_spends_nothing),
        cmocka_unit_test(test_when_no_more_can_be_remembered_nobody_signs_in_or_out),
        cmocka_unit_test(test_a_session_is_ended_and_may_be_ended_again),
        cmocka_unit_test(test_no_session_is_refreshed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
