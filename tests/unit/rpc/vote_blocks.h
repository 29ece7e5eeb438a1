/* Blocks of chains and forks, for votes on them. Plain values, any thread. */
#ifndef DAPPD_TESTS_VOTE_BLOCKS_H
#define DAPPD_TESTS_VOTE_BLOCKS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "rpc/vote.h"

enum { MAX_VOTERS = 7 };

static inline hash32 hash_of(uint64_t number, unsigned fork) {
    hash32 hash = {{0}};
    hash.bytes[0] = (uint8_t)fork;
    memcpy(hash.bytes + 24, &number, sizeof number);
    return hash;
}

/* Blocks of fork 0 are everybody's; those of another fork begin above base. */
static inline struct block_ref block_of(uint64_t number, unsigned fork, uint64_t base) {
    struct block_ref block = {.number = number, .timestamp = 1000 + 2 * number};
    block.hash = hash_of(number, number > base ? fork : 0);
    block.parent_hash = hash_of(number - 1, number - 1 > base ? fork : 0);
    return block;
}

static inline struct block_ref common(uint64_t number) {
    return block_of(number, 0, 0);
}

#endif
