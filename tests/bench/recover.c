/* How many signatures of messages a second dappd says the signer of, beside libsecp256k1 that recovers public keys and
 * does nothing else. Both take the same signatures in turn, round by round, so that what disturbs the machine disturbs
 * both.
 * Owns the signatures.
 * One thread. usage: recover SECONDS. Prints JSON. */
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "eth/signature.h"

enum { N_SIGNATURES = 100, MESSAGE_BYTES = 400 /* a usual one of Sign-In with Ethereum */, PLAIN_BYTES = 65 };

/* A signature of a message, as dappd is given it and as libsecp256k1 has read it. */
struct signed_message {
    uint8_t message[MESSAGE_BYTES];
    uint8_t signature[PLAIN_BYTES];
    address signer;
    hash32 hash;
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
};

static secp256k1_context *context;

/* The signer is whoever recovery says: the rounds check that it stays the same one. */
static void make(struct signed_message *it) {
    uint8_t secret[32];
    int parity;
    struct signature signature;
    secure_random(it->message, sizeof it->message);
    message_hash(&it->hash, it->message, sizeof it->message);
    do secure_random(secret, sizeof secret);
    while (secp256k1_ec_pubkey_create(context, &it->key, secret) != 1);
    if (secp256k1_ecdsa_sign_recoverable(context, &it->parsed, it->hash.bytes, secret, NULL, NULL) != 1) abort();
    (void)secp256k1_ecdsa_recoverable_signature_serialize_compact(context, it->signature, &parity, &it->parsed);
    it->signature[PLAIN_BYTES - 1] = (uint8_t)(27 + parity);
    if (signature_parse(&signature, it->signature, sizeof it->signature) != ERR_OK) abort();
    if (signature_recover(&it->signer, &signature, &it->hash) != ERR_OK) abort();
}

static bool recover_address(const struct signed_message *it) {
    hash32 hash;
    address signer;
    struct signature signature;
    message_hash(&hash, it->message, sizeof it->message);
    return signature_parse(&signature, it->signature, sizeof it->signature) == ERR_OK &&
           signature_recover(&signer, &signature, &hash) == ERR_OK && address_equal(&signer, &it->signer);
}

static bool recover_key(const struct signed_message *it) {
    secp256k1_pubkey key;
    return secp256k1_ecdsa_recover(context, &key, &it->parsed, it->hash.bytes) == 1 &&
           memcmp(&key, &it->key, sizeof key) == 0;
}

/* Returns the time of one round. */
static uint64_t measure_us(bool (*recover)(const struct signed_message *it), const struct signed_message *all) {
    uint64_t start_us = clock_now_us();
    for (size_t i = 0; i < N_SIGNATURES; i++) {
        if (!recover(&all[i])) abort();
    }
    return clock_now_us() - start_us;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        bool (*recover)(const struct signed_message *it);
    } ways[] = {{"libsecp256k1, recover alone", recover_key}, {"hash, parse, recover, address", recover_address}};
    enum { N_WAYS = sizeof(ways) / sizeof(ways[0]) };
    uint64_t best_us[N_WAYS] = {UINT64_MAX, UINT64_MAX};
    struct signed_message *all = calloc(N_SIGNATURES, sizeof *all);
    if (all == NULL) abort();
    context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    signature_start();
    for (size_t i = 0; i < N_SIGNATURES; i++) make(&all[i]);
    uint64_t end_us = clock_now_us() + (argc > 1 ? strtoull(argv[1], NULL, 10) : 1) * 1000000;
    do {
        for (size_t i = 0; i < N_WAYS; i++) {
            uint64_t us = measure_us(ways[i].recover, all);
            if (us < best_us[i]) best_us[i] = us;
        }
    } while (clock_now_us() < end_us);
    (void)printf("{\"signatures\":%d,\"bytes\":%d,\"ways\":[", N_SIGNATURES, MESSAGE_BYTES);
    for (size_t i = 0; i < N_WAYS; i++) {
        (void)printf("%s{\"name\":\"%s\",\"us\":%llu}", i > 0 ? "," : "", ways[i].name, (unsigned long long)best_us[i]);
    }
    (void)printf("]}\n");
    signature_stop();
    secp256k1_context_destroy(context);
    free(all);
    return 0;
}
