/* What an account is taken to have while a call is simulated. Plain values, any thread. Source: execution-apis. */
#ifndef DAPPD_ETH_ACCOUNT_OVERRIDE_H
#define DAPPD_ETH_ACCOUNT_OVERRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eth/address.h"
#include "eth/u256.h"

struct slot_override {
    hash32 slot;
    hash32 value;
};

struct account_override {
    address account;
    bool has_balance;
    u256 balance; /* wei */
    bool has_nonce;
    uint64_t nonce;
    bool has_code;
    const uint8_t *code; /* borrowed */
    size_t code_len;
    bool has_storage;
    bool replaces_storage; /* every other slot is empty; false: as the chain has it */
    const struct slot_override *slots;
    size_t n_slots;
};

#endif
