/* What the logs of a token contract mean. Plain values, pure functions, any thread. */
#ifndef DAPPD_ETH_TRANSFER_LOG_H
#define DAPPD_ETH_TRANSFER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eth/address.h"
#include "eth/u256.h"

enum { LOG_MAX_TOPICS = 4 };

/* Where a log stands. */
struct log_place {
    uint64_t block_number;
    uint32_t log_index; /* within the block */
    hash32 block_hash;
    hash32 tx_hash;
    uint64_t timestamp; /* unix seconds; 0: the node does not say */
};

/* Where a list of logs goes on: behind this log, in this block as it was then. */
struct list_place {
    uint64_t block_number;
    uint32_t log_index;
    hash32 block_hash;
    uint64_t first_number; /* the block that the first page was true at */
    hash32 first_hash;
};

/* The numbers are those of transfers.kind in the database. */
enum transfer_kind {
    TRANSFER_EVENT,     /* ERC-20 Transfer */
    TRANSFER_DEPOSIT,   /* WETH9 Deposit: from is the zero address */
    TRANSFER_WITHDRAWAL /* WETH9 Withdrawal: to is the zero address */
};

struct transfer_log {
    struct log_place place;
    enum transfer_kind kind;
    address token;
    address from;
    address to;
    u256 amount;
};

/* A log that cannot be read as what its first topic says. */
struct odd_log {
    struct log_place place;
    address token;
    uint8_t n_topics;
    uint32_t data_len;
};

enum log_verdict {
    LOG_IS_TRANSFER, /* of any kind */
    LOG_IS_ODD,      /* Transfer's topic, but neither ERC-20's shape (3 topics, 32 bytes of data) nor ERC-721's */
    LOG_IS_NFT,      /* ERC-721: 4 topics, no data */
    LOG_IS_OTHER     /* not one of these events, or a Deposit or Withdrawal of another shape than WETH9's */
};

/* Out: kind, from, to and amount of *out where it is a transfer. An address topic whose upper 12 bytes are not zero is
 * odd. In: data, the first data_len bytes, at least min(data_len, 32). */
enum log_verdict transfer_log_read(struct transfer_log *out, const hash32 *topics, size_t n_topics, const uint8_t *data,
                                   size_t data_len);

/* Bloom filter of a block header (yellow paper 4.3.1): false means that no log with this address or topic is in the
 * block. */
enum { BLOOM_BYTES = 256 };
bool bloom_may_have(const uint8_t bloom[BLOOM_BYTES], const void *item, size_t len);

#endif
