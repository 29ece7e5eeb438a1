/* Reads a signed transaction field by field, each type by its row of a table, and says whose it is. What is signed is
 * hashed as it was encoded: there is only one encoding, so nothing is encoded again.
 * Owns nothing: data and lists stay in the caller's bytes. Any thread.
 * Sources: EIP-2, EIP-155, EIP-2681, EIP-2718 and those of the types. */
#include "eth/transaction.h"

#include "eth/keccak.h"
#include "transaction_parts.h"

enum { FIRST_LIST_BYTE = 0xc0, LAST_TYPE = TRANSACTION_SET_CODE, V_PLAIN = 27, V_EIP155 = 35, SIGNATURE_FIELDS = 3 };

/* A transaction while it is being read. */
struct reading {
    struct transaction *tx;
    struct rlp_bytes rest;
    uint8_t y_parity;
    u256 r;
    u256 s;
};

static enum err read_chain_id(struct reading *in) {
    enum err err = rlp_u64(&in->tx->chain_id, &in->rest);
    in->tx->has_chain_id = true;
    return err == ERR_OK && in->tx->chain_id == 0 ? ERR_INVALID_PARAMETER : err;
}

static enum err read_nonce(struct reading *in) {
    enum err err = rlp_u64(&in->tx->nonce, &in->rest);
    return err == ERR_OK && in->tx->nonce == UINT64_MAX ? ERR_INVALID_PARAMETER : err; /* EIP-2681 */
}

static enum err read_gas_price(struct reading *in) {
    enum err err = rlp_u256(&in->tx->max_fee_per_gas, &in->rest);
    in->tx->max_priority_fee_per_gas = in->tx->max_fee_per_gas;
    return err;
}

static enum err read_max_priority_fee(struct reading *in) {
    return rlp_u256(&in->tx->max_priority_fee_per_gas, &in->rest);
}

static enum err read_max_fee(struct reading *in) {
    enum err err = rlp_u256(&in->tx->max_fee_per_gas, &in->rest);
    if (err != ERR_OK) return err;
    return u256_cmp(&in->tx->max_priority_fee_per_gas, &in->tx->max_fee_per_gas) > 0 ? ERR_INVALID_PARAMETER : ERR_OK;
}

static enum err read_gas(struct reading *in) {
    return rlp_u64(&in->tx->gas, &in->rest);
}

static enum err read_to(struct reading *in) {
    return rlp_fixed(in->tx->to.bytes, sizeof in->tx->to.bytes, &in->rest);
}

static enum err read_to_or_creation(struct reading *in) {
    in->tx->is_creation = rlp_fixed(in->tx->to.bytes, 0, &in->rest) == ERR_OK;
    return in->tx->is_creation ? ERR_OK : read_to(in);
}

static enum err read_value(struct reading *in) {
    return rlp_u256(&in->tx->value, &in->rest);
}

static enum err read_data(struct reading *in) {
    return rlp_string(&in->tx->data, &in->rest);
}

static enum err read_access_list(struct reading *in) {
    return transaction_read_access_list(in->tx, &in->rest);
}

static enum err read_max_blob_fee(struct reading *in) {
    return rlp_u256(&in->tx->max_fee_per_blob_gas, &in->rest);
}

static enum err read_blob_hashes(struct reading *in) {
    return transaction_read_blob_hashes(in->tx, &in->rest);
}

static enum err read_authorizations(struct reading *in) {
    return transaction_read_authorizations(in->tx, &in->rest);
}

/* 27 and the parity; or, with the chain's id c, 35 + 2c and the parity (EIP-155). No chain has the id 0. */
static enum err read_v(struct reading *in) {
    u256 v, chain_id;
    const u256 base = u256_from_u64(V_EIP155);
    enum err err = rlp_u256(&v, &in->rest);
    if (err != ERR_OK) return err;
    if (u256_cmp(&v, &base) < 0) {
        if (v.limb[0] != V_PLAIN && v.limb[0] != V_PLAIN + 1) return ERR_INVALID_SIGNATURE;
        in->y_parity = (uint8_t)(v.limb[0] - V_PLAIN);
        return ERR_OK;
    }
    (void)u256_sub(&chain_id, &v, &base);
    in->y_parity = chain_id.limb[0] & 1;
    bool fits = chain_id.limb[1] <= 1 && chain_id.limb[2] == 0 && chain_id.limb[3] == 0;
    in->tx->has_chain_id = true;
    in->tx->chain_id = chain_id.limb[0] >> 1 | chain_id.limb[1] << 63;
    return fits && in->tx->chain_id != 0 ? ERR_OK : ERR_INVALID_SIGNATURE;
}

static enum err read_y_parity(struct reading *in) {
    uint64_t y_parity;
    enum err err = rlp_u64(&y_parity, &in->rest);
    if (err != ERR_OK) return err;
    in->y_parity = (uint8_t)(y_parity & 1);
    return y_parity <= 1 ? ERR_OK : ERR_INVALID_SIGNATURE;
}

static enum err read_r(struct reading *in) {
    return rlp_u256(&in->r, &in->rest);
}

static enum err read_s(struct reading *in) {
    return rlp_u256(&in->s, &in->rest);
}

enum field_id {
    CHAIN_ID,
    NONCE,
    GAS_PRICE,
    MAX_PRIORITY_FEE,
    MAX_FEE,
    GAS,
    TO,
    TO_OR_CREATION,
    VALUE,
    DATA,
    ACCESS_LIST,
    MAX_BLOB_FEE,
    BLOB_HASHES,
    AUTHORIZATIONS,
    V,
    Y_PARITY,
    R,
    S
};

#define SHORTEST " in its shortest form"

static const struct field {
    const char *name; /* as JSON-RPC has it */
    const char *must_be;
    enum err (*read)(struct reading *in);
} fields[] = {
    [CHAIN_ID] = {"chainId", "an integer of 1 to 2^64-1" SHORTEST, read_chain_id},
    [NONCE] = {"nonce", "an integer below 2^64-1" SHORTEST, read_nonce},
    [GAS_PRICE] = {"gasPrice", "an integer below 2^256" SHORTEST, read_gas_price},
    [MAX_PRIORITY_FEE] = {"maxPriorityFeePerGas", "an integer below 2^256" SHORTEST, read_max_priority_fee},
    [MAX_FEE] = {"maxFeePerGas", "an integer of maxPriorityFeePerGas to 2^256-1" SHORTEST, read_max_fee},
    [GAS] = {"gas", "an integer below 2^64" SHORTEST, read_gas},
    [TO] = {"to", "20 bytes", read_to},
    [TO_OR_CREATION] = {"to", "20 bytes, or none to create a contract", read_to_or_creation},
    [VALUE] = {"value", "an integer below 2^256" SHORTEST, read_value},
    [DATA] = {"data", "a string of bytes" SHORTEST, read_data},
    [ACCESS_LIST] = {"accessList", "a list of pairs of an address of 20 bytes and a list of keys of 32 bytes",
                     read_access_list},
    [MAX_BLOB_FEE] = {"maxFeePerBlobGas", "an integer below 2^256" SHORTEST, read_max_blob_fee},
    [BLOB_HASHES] = {"blobVersionedHashes", "a list of one or more hashes of 32 bytes that begin with 0x01",
                     read_blob_hashes},
    [AUTHORIZATIONS] = {"authorizationList", "a list of one or more lists of chainId, address, nonce, yParity, r and s",
                        read_authorizations},
    [V] = {"v", "27, 28 or, with the chain's id c from 1 to 2^64-1, 35 + 2c or 36 + 2c" SHORTEST, read_v},
    [Y_PARITY] = {"yParity", "0 or 1" SHORTEST, read_y_parity},
    [R] = {"r", "an integer below 2^256" SHORTEST, read_r},
    [S] = {"s", "an integer below 2^256" SHORTEST, read_s},
};

/* What each type is made of, in that order; the signature is always the last three. */
enum { MAX_FIELDS = 14 };
static const struct shape {
    size_t n;
    uint8_t fields[MAX_FIELDS];
} shapes[] = {
    [TRANSACTION_LEGACY] = {9, {NONCE, GAS_PRICE, GAS, TO_OR_CREATION, VALUE, DATA, V, R, S}},
    [TRANSACTION_ACCESS_LIST] = {11,
                                 {CHAIN_ID, NONCE, GAS_PRICE, GAS, TO_OR_CREATION, VALUE, DATA, ACCESS_LIST, Y_PARITY,
                                  R, S}},
    [TRANSACTION_DYNAMIC_FEE] = {12,
                                 {CHAIN_ID, NONCE, MAX_PRIORITY_FEE, MAX_FEE, GAS, TO_OR_CREATION, VALUE, DATA,
                                  ACCESS_LIST, Y_PARITY, R, S}},
    [TRANSACTION_BLOB] = {14,
                          {CHAIN_ID, NONCE, MAX_PRIORITY_FEE, MAX_FEE, GAS, TO, VALUE, DATA, ACCESS_LIST, MAX_BLOB_FEE,
                           BLOB_HASHES, Y_PARITY, R, S}},
    [TRANSACTION_SET_CODE] = {13,
                              {CHAIN_ID, NONCE, MAX_PRIORITY_FEE, MAX_FEE, GAS, TO, VALUE, DATA, ACCESS_LIST,
                               AUTHORIZATIONS, Y_PARITY, R, S}},
};

static void hash_signed_part(hash32 *out, const struct transaction *tx, struct rlp_bytes part) {
    static const uint8_t empty[] = {0x80, 0x80}; /* EIP-155: where r and s would be */
    uint8_t header[RLP_HEADER_BYTES], type = (uint8_t)tx->type;
    struct buf chain;
    struct keccak hash = {.n = 0};
    buf_init(&chain, RLP_HEADER_BYTES + sizeof empty);
    if (tx->type == TRANSACTION_LEGACY && tx->has_chain_id) {
        rlp_put_u64(&chain, tx->chain_id);
        buf_append(&chain, empty, sizeof empty);
    }
    if (tx->type != TRANSACTION_LEGACY) keccak_add(&hash, &type, sizeof type);
    keccak_add(&hash, header, rlp_header(header, true, part.len + chain.len));
    keccak_add(&hash, part.p, part.len);
    if (chain.len > 0) keccak_add(&hash, chain.data, chain.len);
    keccak_end(out->bytes, &hash);
    buf_free(&chain);
}

static void hash_whole(hash32 *out, const struct transaction *tx, struct rlp_bytes body) {
    uint8_t type = (uint8_t)tx->type;
    struct keccak hash = {.n = 0};
    if (tx->type != TRANSACTION_LEGACY) keccak_add(&hash, &type, sizeof type);
    keccak_add(&hash, body.p, body.len);
    keccak_end(out->bytes, &hash);
}

static enum err find_sender(struct transaction *tx, char *problem, const struct reading *in) {
    enum err err = transaction_make_signature(&tx->signature, &in->r, &in->s, in->y_parity);
    if (err != ERR_OK) {
        (void)transaction_refuse(problem, "r must be 1 to n-1 and s 1 to n/2, n being the order of secp256k1");
        return err;
    }
    err = signature_recover(&tx->sender, &tx->signature, &tx->signing_hash);
    if (err != ERR_OK) (void)transaction_refuse(problem, "r must be the x of a point of secp256k1");
    return err;
}

/* In: body, the transaction itself without its type. */
static enum err read_body(struct transaction *tx, char *problem, const struct rlp_item *body) {
    const struct shape *shape = &shapes[tx->type];
    struct reading in = {.tx = tx, .rest = body->content};
    size_t n;
    if (rlp_count(&n, body->content) == ERR_OK && n != shape->n) {
        return transaction_refuse(problem, "a transaction of type %d must be a list of %zu items, not %zu",
                                  (int)tx->type, shape->n, n);
    }
    struct rlp_bytes signed_part = body->content;
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &fields[shape->fields[i]];
        if (i == shape->n - SIGNATURE_FIELDS) signed_part.len = body->content.len - in.rest.len;
        enum err err = field->read(&in);
        if (err == ERR_OK) continue;
        (void)transaction_refuse(problem, "%s must be %s", field->name, field->must_be);
        return err;
    }
    if (in.rest.len > 0) return transaction_refuse(problem, "nothing may stand behind s");
    hash_whole(&tx->hash, tx, body->whole);
    hash_signed_part(&tx->signing_hash, tx, signed_part);
    return find_sender(tx, problem, &in);
}

static enum err check_length(char *problem, size_t len, size_t max) {
    if (len <= max) return ERR_OK;
    return transaction_refuse(problem, "such a transaction must have at most %zu bytes", max);
}

/* The network form is a list whose first item is the transaction, the plain one has the chain's id there. */
static enum err read_blob_transaction(struct transaction *tx, char *problem, const struct rlp_item *outer) {
    struct rlp_bytes rest = outer->content;
    struct rlp_item body;
    bool is_network_form = rlp_next(&body, &rest) == ERR_OK && body.is_list;
    if (!is_network_form) body = *outer;
    enum err err = check_length(problem, body.whole.len, TRANSACTION_MAX_BYTES);
    if (err == ERR_OK) err = read_body(tx, problem, &body);
    if (!is_network_form) return err;
    return err == ERR_OK ? transaction_read_sidecar(tx, problem, rest) : err;
}

enum err transaction_decode(struct transaction *out, char problem[TRANSACTION_PROBLEM_BYTES], const uint8_t *data,
                            size_t len) {
    struct transaction tx = {.type = TRANSACTION_LEGACY};
    struct rlp_bytes rest = {.p = data, .len = len};
    struct rlp_item outer;
    if (len == 0) return transaction_refuse(problem, "the transaction must not be empty");
    if (data[0] < FIRST_LIST_BYTE) {
        if (data[0] < TRANSACTION_ACCESS_LIST || data[0] > LAST_TYPE) {
            return transaction_refuse(problem, "the transaction must be legacy or of the types 1 to %d", LAST_TYPE);
        }
        tx.type = data[0];
        rest = (struct rlp_bytes){.p = data + 1, .len = len - 1};
    }
    enum err err =
        check_length(problem, len, tx.type == TRANSACTION_BLOB ? TRANSACTION_MAX_BLOB_BYTES : TRANSACTION_MAX_BYTES);
    if (err != ERR_OK) return err;
    if (rlp_next(&outer, &rest) != ERR_OK || !outer.is_list) {
        return transaction_refuse(problem, "the transaction must be a list, whole and in its shortest form");
    }
    if (rest.len > 0) return transaction_refuse(problem, "nothing may stand behind the transaction");
    err = tx.type == TRANSACTION_BLOB ? read_blob_transaction(&tx, problem, &outer) : read_body(&tx, problem, &outer);
    if (err == ERR_OK) *out = tx;
    return err;
}
