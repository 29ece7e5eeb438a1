/* How many signed transactions a second dappd decodes, with hash and sender, beside libsecp256k1 that recovers public
 * keys and does nothing else. Both take the same transactions in turn, round by round, so that what disturbs the
 * machine disturbs both. Owns the transactions. One thread. usage: transactions SECONDS. Prints JSON. */
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "eth/keccak.h"
#include "eth/transaction.h"

enum { N_TRANSACTIONS = 100, MAX_BYTES = 512, DATA_BYTES = 68 /* an ERC-20 transfer */, RS_BYTES = 64 };

/* A transaction, and its signature as libsecp256k1 has read it. */
struct signed_transaction {
    struct buf raw;
    address sender;
    hash32 signing_hash;
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
};

static secp256k1_context *context;

/* What is signed: of EIP-1559's type, on mainnet. */
static void put_fields(struct buf *out) {
    uint8_t to[20], data[DATA_BYTES];
    secure_random(to, sizeof to);
    secure_random(data, sizeof data);
    rlp_put_u64(out, 1);
    rlp_put_u64(out, 4711);
    rlp_put_u64(out, 1500000000);
    rlp_put_u64(out, 32000000000);
    rlp_put_u64(out, 65000);
    rlp_put_string(out, to, sizeof to);
    rlp_put_u64(out, 0);
    rlp_put_string(out, data, sizeof data);
    rlp_put_list(out, out->len);
}

static void put_integer(struct buf *out, const uint8_t be[32]) {
    u256 integer = u256_from_be(be);
    rlp_put_u256(out, &integer);
}

/* Appends the signature of what is there. */
static void sign(struct signed_transaction *it) {
    uint8_t secret[32], rs[RS_BYTES];
    int parity;
    struct buf signing;
    buf_init(&signing, MAX_BYTES);
    buf_append(&signing, it->raw.data, it->raw.len);
    rlp_put_list(&signing, 1);
    keccak256(it->signing_hash.bytes, signing.data, signing.len);
    buf_free(&signing);
    do secure_random(secret, sizeof secret);
    while (secp256k1_ec_pubkey_create(context, &it->key, secret) != 1);
    if (secp256k1_ecdsa_sign_recoverable(context, &it->parsed, it->signing_hash.bytes, secret, NULL, NULL) != 1)
        abort();
    (void)secp256k1_ecdsa_recoverable_signature_serialize_compact(context, rs, &parity, &it->parsed);
    rlp_put_u64(&it->raw, (uint64_t)parity);
    put_integer(&it->raw, rs);
    put_integer(&it->raw, rs + 32);
}

static bool decode(struct transaction *out, const struct signed_transaction *it) {
    char problem[TRANSACTION_PROBLEM_BYTES];
    return transaction_decode(out, problem, (const uint8_t *)it->raw.data, it->raw.len) == ERR_OK;
}

/* The sender is whoever recovery says: the rounds check that it stays the same one. */
static void make(struct signed_transaction *it) {
    struct transaction decoded;
    buf_init(&it->raw, MAX_BYTES);
    buf_append_char(&it->raw, TRANSACTION_DYNAMIC_FEE);
    put_fields(&it->raw);
    sign(it);
    rlp_put_list(&it->raw, 1);
    if (!decode(&decoded, it) || !hash32_equal(&decoded.signing_hash, &it->signing_hash)) abort();
    it->sender = decoded.sender;
}

static bool decode_all(const struct signed_transaction *it) {
    struct transaction decoded;
    return decode(&decoded, it) && address_equal(&decoded.sender, &it->sender);
}

static bool recover_key(const struct signed_transaction *it) {
    secp256k1_pubkey key;
    return secp256k1_ecdsa_recover(context, &key, &it->parsed, it->signing_hash.bytes) == 1 &&
           memcmp(&key, &it->key, sizeof key) == 0;
}

/* Returns the time of one round. */
static uint64_t measure_us(bool (*run)(const struct signed_transaction *it), const struct signed_transaction *all) {
    uint64_t start_us = clock_now_us();
    for (size_t i = 0; i < N_TRANSACTIONS; i++) {
        if (!run(&all[i])) abort();
    }
    return clock_now_us() - start_us;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        bool (*run)(const struct signed_transaction *it);
    } ways[] = {{"libsecp256k1, recover alone", recover_key}, {"transaction, decoded with sender", decode_all}};
    enum { N_WAYS = sizeof(ways) / sizeof(ways[0]) };
    uint64_t best_us[N_WAYS] = {UINT64_MAX, UINT64_MAX};
    struct signed_transaction *all = calloc(N_TRANSACTIONS, sizeof *all);
    if (all == NULL) abort();
    context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    signature_start();
    for (size_t i = 0; i < N_TRANSACTIONS; i++) make(&all[i]);
    uint64_t end_us = clock_now_us() + (argc > 1 ? strtoull(argv[1], NULL, 10) : 1) * 1000000;
    do {
        for (size_t i = 0; i < N_WAYS; i++) {
            uint64_t us = measure_us(ways[i].run, all);
            if (us < best_us[i]) best_us[i] = us;
        }
    } while (clock_now_us() < end_us);
    (void)printf("{\"transactions\":%d,\"bytes\":%zu,\"ways\":[", N_TRANSACTIONS, all[0].raw.len);
    for (size_t i = 0; i < N_WAYS; i++) {
        (void)printf("%s{\"name\":\"%s\",\"us\":%llu}", i > 0 ? "," : "", ways[i].name, (unsigned long long)best_us[i]);
    }
    (void)printf("]}\n");
    for (size_t i = 0; i < N_TRANSACTIONS; i++) buf_free(&all[i].raw);
    signature_stop();
    secp256k1_context_destroy(context);
    free(all);
    return 0;
}
