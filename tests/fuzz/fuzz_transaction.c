/* Feeds eth/transaction any bytes: what is taken says everything that the bytes say, since from its fields alone they
 * are written again, and hash to what was said.
 * Owns libsecp256k1's context for the time of the process. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "eth/keccak.h"
#include "eth/transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_strings(struct buf *out, struct rlp_bytes rest, size_t n, size_t bytes) {
    size_t start = out->len, found = 0;
    for (; rest.len > 0; found++) {
        struct rlp_bytes string;
        enum err err = rlp_string(&string, &rest);
        assert(err == ERR_OK && string.len == bytes);
        rlp_put_string(out, string.p, string.len);
    }
    assert(found == n);
    rlp_put_list(out, start);
}

static void put_access_list(struct buf *out, const struct transaction *tx) {
    size_t start = out->len, keys = 0;
    struct rlp_bytes rest = tx->access_list;
    for (size_t i = 0; i < tx->n_access_entries; i++) {
        struct access_entry entry;
        size_t pair = out->len;
        enum err err = access_list_next(&entry, &rest);
        assert(err == ERR_OK);
        rlp_put_string(out, entry.address.bytes, sizeof entry.address.bytes);
        put_strings(out, entry.storage_keys, entry.n_storage_keys, sizeof(hash32));
        rlp_put_list(out, pair);
        keys += entry.n_storage_keys;
    }
    assert(rest.len == 0 && keys == tx->n_storage_keys);
    rlp_put_list(out, start);
}

static void put_authorizations(struct buf *out, const struct transaction *tx) {
    size_t start = out->len;
    struct rlp_bytes rest = tx->authorizations;
    for (size_t i = 0; i < tx->n_authorizations; i++) {
        struct authorization one;
        address signer;
        size_t tuple = out->len;
        enum err err = authorization_next(&one, &rest);
        assert(err == ERR_OK);
        err = authorization_signer(&signer, &one);
        assert(err == ERR_OK || err == ERR_INVALID_SIGNATURE);
        rlp_put_u256(out, &one.chain_id);
        rlp_put_string(out, one.address.bytes, sizeof one.address.bytes);
        rlp_put_u64(out, one.nonce);
        rlp_put_u64(out, one.y_parity);
        rlp_put_u256(out, &one.r);
        rlp_put_u256(out, &one.s);
        rlp_put_list(out, tuple);
    }
    assert(rest.len == 0 && tx->n_authorizations > 0);
    rlp_put_list(out, start);
}

static void put_signature(struct buf *out, const struct transaction *tx) {
    u256 v = u256_from_u64(tx->signature.y_parity);
    u256 r = u256_from_be(tx->signature.r), s = u256_from_be(tx->signature.s);
    if (tx->type == TRANSACTION_LEGACY) {
        u256 base = u256_from_u64(tx->has_chain_id ? 35 : 27), chain_id = u256_from_u64(tx->chain_id);
        (void)u256_add(&v, &v, &base);
        (void)u256_add(&v, &v, &chain_id);
        (void)u256_add(&v, &v, &chain_id);
    }
    rlp_put_u256(out, &v);
    rlp_put_u256(out, &r);
    rlp_put_u256(out, &s);
}

static void put_fields(struct buf *out, const struct transaction *tx) {
    bool has_tip = tx->type >= TRANSACTION_DYNAMIC_FEE;
    if (tx->type != TRANSACTION_LEGACY) rlp_put_u64(out, tx->chain_id);
    rlp_put_u64(out, tx->nonce);
    if (has_tip) rlp_put_u256(out, &tx->max_priority_fee_per_gas);
    assert(has_tip || u256_cmp(&tx->max_priority_fee_per_gas, &tx->max_fee_per_gas) == 0);
    rlp_put_u256(out, &tx->max_fee_per_gas);
    rlp_put_u64(out, tx->gas);
    rlp_put_string(out, tx->to.bytes, tx->is_creation ? 0 : sizeof tx->to.bytes);
    rlp_put_u256(out, &tx->value);
    rlp_put_string(out, tx->data.p, tx->data.len);
    if (tx->type != TRANSACTION_LEGACY) put_access_list(out, tx);
    if (tx->type == TRANSACTION_BLOB) {
        rlp_put_u256(out, &tx->max_fee_per_blob_gas);
        put_strings(out, tx->blob_hashes, tx->n_blob_hashes, sizeof(hash32));
    }
    if (tx->type == TRANSACTION_SET_CODE) put_authorizations(out, tx);
}

static void put_sidecar(struct buf *out, const struct transaction *tx) {
    const struct blob_sidecar *sidecar = &tx->sidecar;
    size_t n = tx->n_blob_hashes;
    bool by_cell = sidecar->kind == SIDECAR_CELL_PROOFS;
    if (by_cell) rlp_put_u64(out, 1);
    put_strings(out, sidecar->blobs, n, BLOB_BYTES);
    put_strings(out, sidecar->commitments, n, KZG_BYTES);
    put_strings(out, sidecar->proofs, by_cell ? n * BLOB_CELLS : n, KZG_BYTES);
}

static void check_hash(const hash32 *hash, const struct buf *bytes) {
    hash32 own;
    keccak256(own.bytes, bytes->data, bytes->len);
    assert(hash32_equal(&own, hash));
}

static void check_written_again(const struct transaction *tx, const uint8_t *data, size_t size) {
    struct buf out;
    size_t start = tx->type != TRANSACTION_LEGACY;
    buf_init(&out, size + RLP_HEADER_BYTES + 64);

    put_fields(&out, tx);
    if (tx->type == TRANSACTION_LEGACY && tx->has_chain_id) { /* EIP-155 */
        rlp_put_u64(&out, tx->chain_id);
        rlp_put_u64(&out, 0);
        rlp_put_u64(&out, 0);
    }
    rlp_put_list(&out, 0);
    struct buf signed_part;
    buf_init(&signed_part, out.max);
    if (start > 0) buf_append_char(&signed_part, (char)tx->type);
    buf_append(&signed_part, out.data, out.len);
    check_hash(&tx->signing_hash, &signed_part);
    buf_free(&signed_part);

    buf_clear(&out);
    if (start > 0) buf_append_char(&out, (char)tx->type);
    put_fields(&out, tx);
    put_signature(&out, tx);
    rlp_put_list(&out, start);
    check_hash(&tx->hash, &out);
    if (tx->sidecar.kind != SIDECAR_NONE) {
        put_sidecar(&out, tx);
        rlp_put_list(&out, start);
    }
    assert(!out.failed && out.len == size && memcmp(out.data, data, size) == 0);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool started;
    char problem[TRANSACTION_PROBLEM_BYTES];
    struct transaction tx;
    if (!started) signature_start();
    started = true;
    memset(problem, 'x', sizeof problem);
    enum err err = transaction_decode(&tx, problem, data, size);
    assert(err == ERR_OK || err == ERR_INVALID_PARAMETER || err == ERR_INVALID_SIGNATURE);
    assert(err == ERR_OK || memchr(problem, '\0', sizeof problem) != NULL);
    if (err == ERR_OK) check_written_again(&tx, data, size);
    return 0;
}
