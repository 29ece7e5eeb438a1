/* Tests eth/transaction with what viem signs, of every type, and with one defect at a time.
 * Owns libsecp256k1's context for the time of the group.
 * Runs on one thread, from the root of the checkout. */
#include "../vectors.h"

#include "eth/transaction.h"

enum { TEXT_MAX = 1 << 20 };

static int start(void **state) {
    (void)state;
    signature_start();
    return 0;
}

static int stop(void **state) {
    (void)state;
    signature_stop();
    return 0;
}

static void put_hex(struct buf *out, const uint8_t *bytes, size_t len) {
    buf_append_str(out, "0x");
    for (size_t i = 0; i < len; i++) buf_printf(out, "%02x", bytes[i]);
}

static void put_u256(struct buf *out, const u256 *value) {
    char text[U256_DEC_BYTES];
    (void)u256_to_dec(text, value);
    buf_append_str(out, text);
}

static void put_hashes(struct buf *out, struct rlp_bytes rest, size_t n, const char *between) {
    for (size_t i = 0; i < n; i++) {
        hash32 hash;
        assert_int_equal(rlp_fixed(hash.bytes, sizeof hash.bytes, &rest), ERR_OK);
        if (i > 0) buf_append_str(out, between);
        put_hex(out, hash.bytes, sizeof hash.bytes);
    }
    assert_int_equal(rest.len, 0);
}

static void put_access_list(struct buf *out, const struct transaction *tx) {
    struct rlp_bytes rest = tx->access_list;
    size_t keys = 0;
    if (tx->n_access_entries == 0) buf_append_char(out, '-');
    for (size_t i = 0; i < tx->n_access_entries; i++) {
        struct access_entry entry;
        assert_int_equal(access_list_next(&entry, &rest), ERR_OK);
        if (i > 0) buf_append_char(out, ';');
        put_hex(out, entry.address.bytes, sizeof entry.address.bytes);
        buf_append_char(out, ':');
        put_hashes(out, entry.storage_keys, entry.n_storage_keys, ",");
        keys += entry.n_storage_keys;
    }
    assert_int_equal(rest.len, 0);
    assert_int_equal(keys, tx->n_storage_keys);
}

static void put_authorizations(struct buf *out, const struct transaction *tx) {
    struct rlp_bytes rest = tx->authorizations;
    if (tx->n_authorizations == 0) buf_append_char(out, '-');
    for (size_t i = 0; i < tx->n_authorizations; i++) {
        struct authorization one;
        address signer;
        assert_int_equal(authorization_next(&one, &rest), ERR_OK);
        assert_int_equal(authorization_signer(&signer, &one), ERR_OK);
        if (i > 0) buf_append_char(out, ';');
        put_u256(out, &one.chain_id);
        buf_append_char(out, ':');
        put_hex(out, one.address.bytes, sizeof one.address.bytes);
        buf_printf(out, ":%llu:", (unsigned long long)one.nonce);
        put_hex(out, signer.bytes, sizeof signer.bytes);
    }
    assert_int_equal(rest.len, 0);
}

/* All fields, as the vectors have them. */
static void describe(struct buf *out, const struct transaction *tx) {
    static const char *const sidecars[] = {"none", "proofs", "cells"};
    buf_printf(out, "%d ", (int)tx->type);
    if (tx->has_chain_id) buf_append_u64(out, tx->chain_id);
    if (!tx->has_chain_id) buf_append_char(out, '-');
    buf_printf(out, " %llu ", (unsigned long long)tx->nonce);
    put_u256(out, &tx->max_priority_fee_per_gas);
    buf_append_char(out, ' ');
    put_u256(out, &tx->max_fee_per_gas);
    buf_printf(out, " %llu ", (unsigned long long)tx->gas);
    if (tx->is_creation) buf_append_char(out, '-');
    if (!tx->is_creation) put_hex(out, tx->to.bytes, sizeof tx->to.bytes);
    buf_append_char(out, ' ');
    put_u256(out, &tx->value);
    buf_append_char(out, ' ');
    put_hex(out, tx->data.p, tx->data.len);
    buf_append_char(out, ' ');
    put_access_list(out, tx);
    buf_append_char(out, ' ');
    put_u256(out, &tx->max_fee_per_blob_gas);
    buf_append_char(out, ' ');
    if (tx->n_blob_hashes == 0) buf_append_char(out, '-');
    put_hashes(out, tx->blob_hashes, tx->n_blob_hashes, ";");
    buf_append_char(out, ' ');
    put_authorizations(out, tx);
    buf_printf(out, " %s", sidecars[tx->sidecar.kind]);
}

static void check_hash(const char *wanted, const hash32 *hash) {
    char text[HASH32_TEXT_BYTES];
    assert_string_equal(hash32_format(text, hash), wanted);
}

static void check_sidecar(const struct transaction *tx) {
    size_t n = 0, commitments = 0, proofs = 0;
    if (tx->sidecar.kind == SIDECAR_NONE) return;
    assert_int_equal(rlp_count(&n, tx->sidecar.blobs), ERR_OK);
    assert_int_equal(rlp_count(&commitments, tx->sidecar.commitments), ERR_OK);
    assert_int_equal(rlp_count(&proofs, tx->sidecar.proofs), ERR_OK);
    assert_int_equal(n, tx->n_blob_hashes);
    assert_int_equal(commitments, n);
    assert_int_equal(proofs, tx->sidecar.kind == SIDECAR_PROOFS ? n : n * BLOB_CELLS);
}

static void test_what_viem_signs(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "transactions.tsv");
    while (vectors_next(&v, 5)) {
        char problem[TRANSACTION_PROBLEM_BYTES];
        struct transaction tx;
        struct buf text, sender;
        size_t len;
        uint8_t *raw = vectors_unpacked(&len, v.fields[4]);
        buf_init(&text, TEXT_MAX);
        buf_init(&sender, TEXT_MAX);
        if (transaction_decode(&tx, problem, raw, len) != ERR_OK) fail_msg("%s: %s", problem, v.fields[0]);
        describe(&text, &tx);
        buf_append_char(&text, '\0');
        assert_string_equal(text.data, v.fields[0]);
        check_hash(v.fields[1], &tx.hash);
        check_hash(v.fields[2], &tx.signing_hash);
        put_hex(&sender, tx.sender.bytes, sizeof tx.sender.bytes);
        buf_append_char(&sender, '\0');
        assert_string_equal(sender.data, v.fields[3]);
        check_sidecar(&tx);
        buf_free(&text);
        buf_free(&sender);
        free(raw);
    }
    vectors_close(&v, 380);
}

static void test_what_is_refused(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "transactions_refused.tsv");
    while (vectors_next(&v, 4)) {
        char problem[TRANSACTION_PROBLEM_BYTES];
        struct transaction tx, before;
        size_t len;
        uint8_t *raw = vectors_unpacked(&len, v.fields[3]);
        enum err wanted = strcmp(v.fields[1], "signature") == 0 ? ERR_INVALID_SIGNATURE : ERR_INVALID_PARAMETER;
        memset(&before, 0x5a, sizeof before);
        memcpy(&tx, &before, sizeof tx);
        memset(problem, 'x', sizeof problem);
        enum err err = transaction_decode(&tx, problem, raw, len);
        if (err == ERR_OK) fail_msg("%s: was taken", v.fields[0]);
        assert_true(strnlen(problem, sizeof problem) < sizeof problem - 1); /* none is cut */
        if (err != wanted || strstr(problem, v.fields[2]) == NULL) fail_msg("%s: %s", v.fields[0], problem);
        assert_memory_equal(&tx, &before, sizeof tx);
        free(raw);
    }
    vectors_close(&v, 800);
}

static void test_authorizations_of_nobody(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "authorizations_unsigned.tsv");
    while (vectors_next(&v, 2)) {
        char problem[TRANSACTION_PROBLEM_BYTES];
        struct transaction tx;
        struct authorization one;
        address signer;
        size_t len;
        uint8_t *raw = vectors_unpacked(&len, v.fields[1]);
        if (transaction_decode(&tx, problem, raw, len) != ERR_OK) fail_msg("%s: %s", v.fields[0], problem);
        struct rlp_bytes rest = tx.authorizations;
        assert_int_equal(tx.n_authorizations, 1);
        assert_int_equal(authorization_next(&one, &rest), ERR_OK);
        if (authorization_signer(&signer, &one) != ERR_INVALID_SIGNATURE) fail_msg("%s has a signer", v.fields[0]);
        assert_int_equal(authorization_next(&one, &rest), ERR_INVALID_PARAMETER);
        free(raw);
    }
    vectors_close(&v, 9);
}

/* However it is cut, it is refused, and nothing behind the cut is read. */
static void test_every_cut_is_refused(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "transactions.tsv");
    for (size_t row = 0; row < 360 && vectors_next(&v, 5); row++) {
        char problem[TRANSACTION_PROBLEM_BYTES];
        struct transaction tx;
        size_t len;
        uint8_t *raw = vectors_unpacked(&len, v.fields[4]);
        for (size_t cut = 0; row % 30 == 0 && cut < len; cut++) {
            uint8_t *exact = malloc(cut > 0 ? cut : 1);
            memcpy(exact, raw, cut);
            assert_int_equal(transaction_decode(&tx, problem, exact, cut), ERR_INVALID_PARAMETER);
            free(exact);
        }
        free(raw);
    }
    vectors_close(&v, 360);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_viem_signs),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_authorizations_of_nobody),
        cmocka_unit_test(test_every_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
