/* Which block an answer is true at, and how a client names one. Plain values, any thread. */
#ifndef DAPPD_ETH_BLOCK_H
#define DAPPD_ETH_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eth/address.h"

struct block_ref {
    uint64_t number; /* block height */
    hash32 hash;
    hash32 parent_hash;
    uint64_t timestamp; /* unix seconds */
    bool finalized;     /* known to be at or below the chain's finalized block */
    bool head;          /* it was the newest block when it was resolved: its reads are replaced by the next block's */
};

struct block_spec {
    enum block_kind { BLOCK_LATEST, BLOCK_SAFE, BLOCK_FINALIZED, BLOCK_NUMBER, BLOCK_HASH } kind;
    uint64_t number; /* for BLOCK_NUMBER */
    hash32 hash;     /* for BLOCK_HASH */
};

/* latest, safe, finalized, a decimal number, a 0x quantity of up to 16 digits, or a 0x hash of 64 digits.
 * ERR_INVALID_PARAMETER otherwise. */
enum err block_spec_parse(struct block_spec *out, const char *text, size_t len) MUST_CHECK;

#endif
