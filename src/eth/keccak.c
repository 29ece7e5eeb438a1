/* Hash of EIP-55 checksums, selectors and topics; none of the libraries we link has this padding.
 * Owns nothing; the sponge's state lives on the caller's stack.
 * Any thread: pure function. Source: The Keccak reference, version 3.0; names of the steps as in FIPS 202. */
#include "eth/keccak.h"

#include <endian.h>
#include <string.h>

enum { ROUNDS = 24, LANES = KECCAK_LANES, RATE_BYTES = KECCAK_RATE_BYTES }; /* lane (x, y) is number x + 5*y */

static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static const unsigned rotations[LANES] = {
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
};

static inline uint64_t rotate_left(uint64_t lane, unsigned bits) {
    return lane << bits | lane >> (-bits & 63);
}

/* The pragmas turn each index and rotation below into a constant: four times as fast. */
static void permute(uint64_t a[LANES]) {
    for (size_t round = 0; round < ROUNDS; round++) {
        /* theta: the parity of each column ... */
        uint64_t parity[5];
#pragma GCC unroll 5
        for (size_t x = 0; x < 5; x++) {
            parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        }

        /* ... is mixed into its neighbours, while rho rotates the lanes and pi moves them. */
        uint64_t b[LANES];
#pragma GCC unroll 5
        for (size_t x = 0; x < 5; x++) {
            uint64_t mix = parity[(x + 4) % 5] ^ rotate_left(parity[(x + 1) % 5], 1);
#pragma GCC unroll 5
            for (size_t y = 0; y < 5; y++) {
                size_t from = x + 5 * y;
                size_t to = y + 5 * ((2 * x + 3 * y) % 5);
                b[to] = rotate_left(a[from] ^ mix, rotations[from]);
            }
        }

        /* chi */
#pragma GCC unroll 25
        for (size_t i = 0; i < LANES; i++) {
            size_t row = i - i % 5;
            a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
        }

        /* iota */
        a[0] ^= round_constants[round];
    }
}

/* Lanes are little-endian on every machine. */
static void absorb(uint64_t state[LANES], const uint8_t block[RATE_BYTES]) {
    for (size_t i = 0; i < RATE_BYTES / 8; i++) {
        uint64_t lane;
        memcpy(&lane, block + 8 * i, sizeof(lane));
        state[i] ^= le64toh(lane);
    }
    permute(state);
}

/* Returns how much of data was taken: whole blocks go in from where they lie, the rest is gathered first. */
static size_t add_part(struct keccak *keccak, const uint8_t *data, size_t len) {
    if (keccak->n == 0 && len >= RATE_BYTES) {
        absorb(keccak->state, data);
        return RATE_BYTES;
    }
    size_t room = RATE_BYTES - keccak->n;
    size_t part = len < room ? len : room;
    memcpy(keccak->block + keccak->n, data, part);
    keccak->n += part;
    if (keccak->n == RATE_BYTES) {
        absorb(keccak->state, keccak->block);
        keccak->n = 0;
    }
    return part;
}

void keccak_add(struct keccak *keccak, const void *data, size_t len) {
    const uint8_t *p = data;
    while (len > 0) {
        size_t taken = add_part(keccak, p, len);
        p += taken;
        len -= taken;
    }
}

void keccak_end(uint8_t out[32], struct keccak *keccak) {
    memset(keccak->block + keccak->n, 0, RATE_BYTES - keccak->n);
    keccak->block[keccak->n] = 0x01; /* FIPS 202 has 0x06 here */
    keccak->block[RATE_BYTES - 1] |= 0x80;
    absorb(keccak->state, keccak->block);

    for (size_t i = 0; i < 4; i++) {
        uint64_t lane = htole64(keccak->state[i]);
        memcpy(out + 8 * i, &lane, sizeof(lane));
    }
}

void keccak256(uint8_t out[32], const void *data, size_t len) {
    struct keccak keccak = {.n = 0};
    keccak_add(&keccak, data, len);
    keccak_end(out, &keccak);
}
