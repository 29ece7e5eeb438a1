/* Reads what a transaction has lists of: access entries, authorisations, blobs and what proves them.
 * Owns nothing: all of it stays in the caller's bytes.
 * Any thread: pure functions. Sources: EIP-2930, EIP-4844, EIP-7594, EIP-7702. */
#include "transaction_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "eth/keccak.h"

enum {
    BLOB_HASH_VERSION = 0x01,   /* EIP-4844: a KZG commitment's */
    CELL_PROOFS_VERSION = 0x01, /* EIP-7594: what the wrapper says of itself */
    AUTHORIZATION_MAGIC = 0x05, /* EIP-7702 */
};

enum err transaction_refuse(char problem[TRANSACTION_PROBLEM_BYTES], const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(problem, TRANSACTION_PROBLEM_BYTES, format, args);
    va_end(args);
    return ERR_INVALID_PARAMETER;
}

/* Counts strings that all have that many bytes. */
static enum err count_fixed(size_t *out, struct rlp_bytes items, size_t bytes) {
    struct rlp_bytes string;
    size_t n = 0;
    for (; items.len > 0; n++) {
        if (rlp_string(&string, &items) != ERR_OK || string.len != bytes) return ERR_INVALID_PARAMETER;
    }
    *out = n;
    return ERR_OK;
}

enum err access_list_next(struct access_entry *out, struct rlp_bytes *rest) {
    struct access_entry entry;
    struct rlp_bytes behind = *rest, pair;
    enum err err = rlp_list(&pair, &behind);
    if (err == ERR_OK) err = rlp_fixed(entry.address.bytes, sizeof entry.address.bytes, &pair);
    if (err == ERR_OK) err = rlp_list(&entry.storage_keys, &pair);
    if (err == ERR_OK) err = count_fixed(&entry.n_storage_keys, entry.storage_keys, sizeof(hash32));
    if (err != ERR_OK || pair.len > 0) return ERR_INVALID_PARAMETER;
    *out = entry;
    *rest = behind;
    return ERR_OK;
}

enum err transaction_read_access_list(struct transaction *out, struct rlp_bytes *rest) {
    struct access_entry entry;
    enum err err = rlp_list(&out->access_list, rest);
    if (err != ERR_OK) return err;
    for (struct rlp_bytes left = out->access_list; left.len > 0; out->n_access_entries++) {
        err = access_list_next(&entry, &left);
        if (err != ERR_OK) return err;
        out->n_storage_keys += entry.n_storage_keys;
    }
    return ERR_OK;
}

/* In: what is signed of it, as it was encoded. */
static void hash_authorization(hash32 *out, struct rlp_bytes fields) {
    uint8_t header[RLP_HEADER_BYTES];
    static const uint8_t magic = AUTHORIZATION_MAGIC;
    struct keccak hash = {.n = 0};
    keccak_add(&hash, &magic, sizeof magic);
    keccak_add(&hash, header, rlp_header(header, true, fields.len));
    keccak_add(&hash, fields.p, fields.len);
    keccak_end(out->bytes, &hash);
}

enum err authorization_next(struct authorization *out, struct rlp_bytes *rest) {
    struct authorization read;
    struct rlp_bytes behind = *rest, fields, all;
    uint64_t y_parity = 0;
    enum err err = rlp_list(&all, &behind);
    if (err != ERR_OK) return err;
    fields = all;
    err = rlp_u256(&read.chain_id, &fields);
    if (err == ERR_OK) err = rlp_fixed(read.address.bytes, sizeof read.address.bytes, &fields);
    if (err == ERR_OK) err = rlp_u64(&read.nonce, &fields);
    size_t signed_len = all.len - fields.len;
    if (err == ERR_OK) err = rlp_u64(&y_parity, &fields);
    if (err == ERR_OK) err = rlp_u256(&read.r, &fields);
    if (err == ERR_OK) err = rlp_u256(&read.s, &fields);
    if (err != ERR_OK || fields.len > 0 || y_parity > UINT8_MAX) return ERR_INVALID_PARAMETER;
    read.y_parity = (uint8_t)y_parity;
    hash_authorization(&read.signing_hash, (struct rlp_bytes){.p = all.p, .len = signed_len});
    *out = read;
    *rest = behind;
    return ERR_OK;
}

enum err transaction_read_authorizations(struct transaction *out, struct rlp_bytes *rest) {
    struct authorization authorization;
    enum err err = rlp_list(&out->authorizations, rest);
    if (err != ERR_OK) return err;
    for (struct rlp_bytes left = out->authorizations; left.len > 0; out->n_authorizations++) {
        err = authorization_next(&authorization, &left);
        if (err != ERR_OK) return err;
    }
    return out->n_authorizations > 0 ? ERR_OK : ERR_INVALID_PARAMETER;
}

enum err transaction_make_signature(struct signature *out, const u256 *r, const u256 *s, uint8_t y_parity) {
    uint8_t bytes[sizeof out->r + sizeof out->s + 1];
    if (y_parity > 1) return ERR_INVALID_SIGNATURE;
    u256_to_be(bytes, r);
    u256_to_be(bytes + sizeof out->r, s);
    bytes[sizeof bytes - 1] = y_parity;
    return signature_parse(out, bytes, sizeof bytes);
}

enum err authorization_signer(address *out, const struct authorization *authorization) {
    struct signature signature;
    enum err err =
        transaction_make_signature(&signature, &authorization->r, &authorization->s, authorization->y_parity);
    return err == ERR_OK ? signature_recover(out, &signature, &authorization->signing_hash) : err;
}

enum err transaction_read_blob_hashes(struct transaction *out, struct rlp_bytes *rest) {
    enum err err = rlp_list(&out->blob_hashes, rest);
    if (err != ERR_OK) return err;
    for (struct rlp_bytes left = out->blob_hashes; left.len > 0; out->n_blob_hashes++) {
        hash32 hash;
        err = rlp_fixed(hash.bytes, sizeof hash.bytes, &left);
        if (err != ERR_OK || hash.bytes[0] != BLOB_HASH_VERSION) return ERR_INVALID_PARAMETER;
    }
    return out->n_blob_hashes > 0 ? ERR_OK : ERR_INVALID_PARAMETER;
}

/* Reads a list of exactly n strings. */
static enum err read_fixed_list(struct rlp_bytes *out, char *problem, struct rlp_bytes *rest, const char *name,
                                size_t n, size_t bytes) {
    size_t found = 0;
    enum err err = rlp_list(out, rest);
    if (err == ERR_OK) err = count_fixed(&found, *out, bytes);
    if (err == ERR_OK && found == n) return ERR_OK;
    return transaction_refuse(problem, "%s must be a list of %zu strings of %zu bytes", name, n, bytes);
}

enum err transaction_read_sidecar(struct transaction *out, char problem[TRANSACTION_PROBLEM_BYTES],
                                  struct rlp_bytes rest) {
    struct blob_sidecar *sidecar = &out->sidecar;
    struct rlp_item first;
    struct rlp_bytes ahead = rest;
    size_t n = out->n_blob_hashes, n_proofs = n;
    sidecar->kind = SIDECAR_PROOFS;
    if (rlp_next(&first, &ahead) == ERR_OK && !first.is_list) {
        if (first.content.len != 1 || first.content.p[0] != CELL_PROOFS_VERSION) {
            return transaction_refuse(problem, "the sidecar's version must be 1, or be left out");
        }
        sidecar->kind = SIDECAR_CELL_PROOFS;
        n_proofs = n * BLOB_CELLS;
        rest = ahead;
    }
    enum err err = read_fixed_list(&sidecar->blobs, problem, &rest, "blobs", n, BLOB_BYTES);
    if (err == ERR_OK) err = read_fixed_list(&sidecar->commitments, problem, &rest, "commitments", n, KZG_BYTES);
    if (err == ERR_OK) err = read_fixed_list(&sidecar->proofs, problem, &rest, "proofs", n_proofs, KZG_BYTES);
    if (err == ERR_OK && rest.len > 0)
        err = transaction_refuse(problem, "nothing may stand behind the sidecar's proofs");
    return err;
}
