/* Access tokens of another implementation, good and forged in every way known; our own, byte for byte; and that no byte
 * of one may be another.
 * Each test frees its ring.
 * Runs on one thread. */
#include "vectors.h"

#include "services/access_token.h"

/* As in the file of vectors. */
#define NEW_KEY "new:APyi-nVDEmBVHdtVEqw7qQc6QcctdBGNIwYWXRtzbBU"
#define OLD_KEY "old:cZ2CA7kXTxBBIf-LzqOFaULNNGT_u612wrZjqpy00sRmBT3Bs-bDbUcxUomBfjrMrbyJQdWID6derL__DYNcTQ"
#define NOW_S UINT64_C(1800000000)

static struct key_ring *load(const char *setting) {
    char problem[KEY_RING_PROBLEM_BYTES];
    struct key_ring *ring;
    assert_int_equal(key_ring_load(&ring, problem, setting, NULL), ERR_OK);
    return ring;
}

/* In memory of exactly its size. */
static enum err read_token(struct access_claims *out, const struct key_ring *ring, const char *text, size_t len,
                           uint64_t now_s) {
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, text, len);
    enum err err = access_token_read(out, ring, copy, len, now_s);
    free(copy);
    return err;
}

static enum err verdict_of(const char *text) {
    if (strcmp(text, "ok") == 0) return ERR_OK;
    if (strcmp(text, "expired") == 0) return ERR_TOKEN_EXPIRED;
    assert_string_equal(text, "unauthenticated");
    return ERR_UNAUTHENTICATED;
}

static void test_vectors(void **state) {
    (void)state;
    struct vectors v;
    struct key_ring *ring = load(NEW_KEY "," OLD_KEY);
    vectors_open(&v, "access_tokens.tsv");
    while (vectors_next(&v, 3)) {
        struct access_claims claims;
        enum err err = read_token(&claims, ring, v.fields[2], strlen(v.fields[2]), NOW_S);
        if (err != verdict_of(v.fields[1])) fail_msg("%s: %d", v.fields[0], (int)err);
        if (err != ERR_OK) continue;
        assert_int_equal(claims.session.bytes[15], 0x77);
        assert_int_equal(claims.address.bytes[0], 0x5a);
    }
    vectors_close(&v, 120);
    key_ring_free(ring);
}

static struct access_claims example(void) {
    struct access_claims claims = {.has_user = true, .chain_id = 1, .issued_s = NOW_S - 60, .expires_s = NOW_S + 540};
    const char session[] = "01890a5d-ac96-7ab1-8e3f-0c5a2f1d9e77", user[] = "01890a5d-ac96-774b-bcce-b302099a8057";
    const char account[] = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    assert_int_equal(uuid_parse(&claims.session, session, 36), ERR_OK);
    assert_int_equal(uuid_parse(&claims.user, user, 36), ERR_OK);
    assert_int_equal(address_parse(&claims.address, account, 42), ERR_OK);
    return claims;
}

static void assert_same(const struct access_claims *a, const struct access_claims *b) {
    assert_true(uuid_equal(&a->session, &b->session) && address_equal(&a->address, &b->address));
    assert_int_equal(a->has_user, b->has_user);
    assert_true(!a->has_user || uuid_equal(&a->user, &b->user));
    assert_true(a->chain_id == b->chain_id && a->issued_s == b->issued_s && a->expires_s == b->expires_s);
}

/* The first of the vectors is the one that dappd itself would write, and the third one without a user. */
static void test_writes_what_the_other_implementation_writes(void **state) {
    (void)state;
    struct vectors v;
    struct key_ring *ring = load(NEW_KEY "," OLD_KEY);
    char text[ACCESS_TOKEN_BYTES];
    vectors_open(&v, "access_tokens.tsv");
    for (int row = 0; row < 3; row++) {
        struct access_claims claims = example(), back;
        assert_true(vectors_next(&v, 3));
        if (row == 1) continue;
        claims.has_user = row == 0;
        assert_int_equal(access_token_write(text, ring, &claims), strlen(v.fields[2]));
        assert_string_equal(text, v.fields[2]);
        assert_int_equal(read_token(&back, ring, text, strlen(text), NOW_S), ERR_OK);
        assert_same(&claims, &back);
    }
    vectors_close(&v, 3);
    key_ring_free(ring);
}

/* A key is retired: what it has signed is good while it stands second, and no longer. */
static void test_keys_rotate(void **state) {
    (void)state;
    struct key_ring *before = load(OLD_KEY), *both = load(NEW_KEY "," OLD_KEY), *after = load(NEW_KEY);
    struct access_claims claims = example(), out;
    char old[ACCESS_TOKEN_BYTES], new[ACCESS_TOKEN_BYTES];
    size_t old_len = access_token_write(old, before, &claims), new_len = access_token_write(new, both, &claims);
    assert_int_equal(read_token(&out, both, old, old_len, NOW_S), ERR_OK);
    assert_int_equal(read_token(&out, both, new, new_len, NOW_S), ERR_OK);
    assert_int_equal(read_token(&out, after, new, new_len, NOW_S), ERR_OK);
    assert_int_equal(read_token(&out, after, old, old_len, NOW_S), ERR_UNAUTHENTICATED);
    assert_int_equal(read_token(&out, before, new, new_len, NOW_S), ERR_UNAUTHENTICATED);
    key_ring_free(before);
    key_ring_free(both);
    key_ring_free(after);
}

static void test_no_byte_may_be_another(void **state) {
    (void)state;
    struct key_ring *ring = load(NEW_KEY "," OLD_KEY);
    struct access_claims claims = example(), out;
    char text[ACCESS_TOKEN_BYTES];
    size_t len = access_token_write(text, ring, &claims);
    for (size_t i = 0; i < len; i++) {
        char right = text[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            text[i] = (char)(right ^ (1 << bit));
            assert_int_equal(read_token(&out, ring, text, len, NOW_S), ERR_UNAUTHENTICATED);
        }
        text[i] = right;
        assert_int_equal(read_token(&out, ring, text, i, NOW_S), ERR_UNAUTHENTICATED);
    }
    assert_int_equal(read_token(&out, ring, text, len, NOW_S), ERR_OK);
    key_ring_free(ring);
}

/* The longest name and the largest numbers fit the buffer that a token is written to. */
static void test_the_longest_token(void **state) {
    (void)state;
    struct key_ring *ring = load("abcdefghijklmnopqrstuvwxyz012345:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA");
    struct access_claims claims = example(), out;
    char *text = malloc(ACCESS_TOKEN_BYTES);
    claims.chain_id = INT64_MAX;
    claims.issued_s = INT64_MAX - 2;
    claims.expires_s = INT64_MAX - 1;
    size_t len = access_token_write(text, ring, &claims);
    assert_int_equal(text[len], '\0');
    assert_int_equal(read_token(&out, ring, text, len, INT64_MAX - 2), ERR_OK);
    assert_same(&claims, &out);
    free(text);
    key_ring_free(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),           cmocka_unit_test(test_writes_what_the_other_implementation_writes),
        cmocka_unit_test(test_keys_rotate),       cmocka_unit_test(test_no_byte_may_be_another),
        cmocka_unit_test(test_the_longest_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
