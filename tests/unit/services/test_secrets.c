/* Nonces, refresh tokens and API keys: what was written is read, and nothing else is.
 * Each test frees its rings.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "services/secrets.h"

#define KEY_A "a:__________________________________________8"
#define KEY_B "b:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
#define ALPHANUMERIC "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static struct key_ring *load(const char *setting) {
    char problem[KEY_RING_PROBLEM_BYTES];
    struct key_ring *ring;
    assert_int_equal(key_ring_load(&ring, problem, setting, NULL), ERR_OK);
    return ring;
}

/* Returns whether a text is taken, in memory of exactly its size. */
typedef bool (*taker)(const struct key_ring *ring, const char *text, size_t len);

static bool takes(taker take, const struct key_ring *ring, const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, text, len);
    bool taken = take(ring, copy, len);
    free(copy);
    return taken;
}

static bool take_nonce(const struct key_ring *ring, const char *text, size_t len) {
    struct nonce nonce;
    enum err err = nonce_read(&nonce, ring, text, len);
    assert_true(err == ERR_OK || err == ERR_INVALID_NONCE);
    return err == ERR_OK;
}

static bool take_refresh_token(const struct key_ring *ring, const char *text, size_t len) {
    struct refresh_token token;
    enum err err = refresh_token_read(&token, ring, text, len);
    assert_true(err == ERR_OK || err == ERR_INVALID_REFRESH_TOKEN);
    return err == ERR_OK;
}

/* Each bit wrong, cut anywhere, and with something around it. */
static void assert_nothing_else_is_taken(taker take, const struct key_ring *ring, const char *right) {
    char text[256];
    size_t len = strlen(right);
    assert_true(takes(take, ring, right, len));
    memcpy(text, right, len + 1);
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            text[i] = (char)(right[i] ^ (1 << bit));
            assert_false(takes(take, ring, text, len));
        }
        text[i] = right[i];
        assert_false(takes(take, ring, text, i));
        assert_false(takes(take, ring, text + i + 1, len - i - 1));
    }
    text[len] = '0';
    assert_false(takes(take, ring, text, len + 1));
    text[len] = '=';
    assert_false(takes(take, ring, text, len + 1));
}

static void test_a_nonce_carries_its_times(void **state) {
    (void)state;
    struct key_ring *ring = load(KEY_A);
    char text[NONCE_TEXT_BYTES], other[NONCE_TEXT_BYTES];
    struct nonce nonce, second;
    nonce_make(text, ring, 1800000000, 600);
    nonce_make(other, ring, 1800000000, 600);
    assert_int_equal(nonce_read(&nonce, ring, text, strlen(text)), ERR_OK);
    assert_int_equal(nonce_read(&second, ring, other, strlen(other)), ERR_OK);
    assert_int_equal(nonce.issued_s, 1800000000);
    assert_int_equal(nonce.expires_s, 1800000600);
    assert_memory_not_equal(nonce.id, second.id, sizeof nonce.id);
    assert_int_equal(strlen(text), NONCE_TEXT_BYTES - 1);
    assert_int_equal(strspn(text, ALPHANUMERIC), strlen(text)); /* as EIP-4361 wants it */
    assert_nothing_else_is_taken(take_nonce, ring, text);
    key_ring_free(ring);
}

/* Digits in upper case would be a second spelling of what may be used once. */
static void test_a_nonce_has_one_spelling(void **state) {
    (void)state;
    struct key_ring *ring = load(KEY_A);
    char text[NONCE_TEXT_BYTES];
    nonce_make(text, ring, 1, 1);
    for (size_t i = 0; text[i] != '\0'; i++) {
        char right = text[i];
        if (!islower((unsigned char)right)) continue;
        text[i] = (char)toupper((unsigned char)right);
        assert_false(take_nonce(ring, text, strlen(text)));
        text[i] = right;
    }
    assert_true(take_nonce(ring, text, strlen(text)));
    key_ring_free(ring);
}

static void test_a_refresh_token_carries_session_and_generation(void **state) {
    (void)state;
    struct key_ring *ring = load(KEY_A);
    const struct refresh_token written[] = {{uuid_new(), 1}, {uuid_new(), 0x12345678}, {uuid_new(), UINT32_MAX}};
    for (size_t i = 0; i < 3; i++) {
        char text[REFRESH_TOKEN_BYTES];
        struct refresh_token read;
        refresh_token_write(text, ring, &written[i]);
        assert_int_equal(strlen(text), REFRESH_TOKEN_BYTES - 1);
        assert_int_equal(refresh_token_read(&read, ring, text, strlen(text)), ERR_OK);
        assert_true(uuid_equal(&read.session, &written[i].session));
        assert_int_equal(read.generation, written[i].generation);
        assert_nothing_else_is_taken(take_refresh_token, ring, text);
    }
    key_ring_free(ring);
}

/* What one purpose signs is nothing to another, nor to another ring; a retired key still reads. */
static void test_rings_and_purposes_are_apart(void **state) {
    (void)state;
    struct key_ring *a = load(KEY_A), *b = load(KEY_B), *both = load(KEY_B "," KEY_A);
    const struct refresh_token written = {uuid_new(), 7};
    char nonce[NONCE_TEXT_BYTES], token[REFRESH_TOKEN_BYTES];
    nonce_make(nonce, a, 1, 1);
    refresh_token_write(token, a, &written);
    assert_true(take_nonce(a, nonce, strlen(nonce)) && take_nonce(both, nonce, strlen(nonce)));
    assert_true(take_refresh_token(a, token, strlen(token)) && take_refresh_token(both, token, strlen(token)));
    assert_false(take_nonce(b, nonce, strlen(nonce)) || take_refresh_token(b, token, strlen(token)));

    key_ring_keep_to_process(a, KEY_NONCE);
    assert_false(take_nonce(a, nonce, strlen(nonce)));
    assert_true(take_refresh_token(a, token, strlen(token)));
    key_ring_free(a);
    key_ring_free(b);
    key_ring_free(both);
}

/* base64url of 00 to 27, hexadecimal, by Python. */
#define COUNTING_KEY "dappd_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw"

static void test_an_api_key_is_id_and_secret(void **state) {
    (void)state;
    struct api_key_text written, read;
    char text[API_KEY_TEXT_BYTES];
    for (uint8_t i = 0; i < 16; i++) written.id.bytes[i] = i;
    for (uint8_t i = 0; i < API_SECRET_BYTES; i++) written.secret[i] = (uint8_t)(16 + i);
    api_key_write(text, &written);
    assert_string_equal(text, COUNTING_KEY);
    assert_int_equal(api_key_read(&read, text, strlen(text)), ERR_OK);
    assert_true(uuid_equal(&read.id, &written.id));
    assert_memory_equal(read.secret, written.secret, API_SECRET_BYTES);
}

static void test_what_is_no_api_key(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "dappd_",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw",
        "Dappd_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw",
        "dappd-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw",
        "dappd_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJ",
        "dappd_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJwA",
        "dappd_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJx",
        "dappd_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUm w",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct api_key_text read;
        assert_int_equal(api_key_read(&read, rows[i], strlen(rows[i])), ERR_UNAUTHENTICATED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_nonce_carries_its_times),
        cmocka_unit_test(test_a_nonce_has_one_spelling),
        cmocka_unit_test(test_a_refresh_token_carries_session_and_generation),
        cmocka_unit_test(test_rings_and_purposes_are_apart),
        cmocka_unit_test(test_an_api_key_is_id_and_secret),
        cmocka_unit_test(test_what_is_no_api_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
