/* Many reads of chain state in one eth_call: by Multicall3's aggregate3, or by init code that does the same where no
 * Multicall3 is deployed. Both begin with a witness: the parent hash of the block that the node really ran them at.
 *
 * They do not keep items apart equally well. Multicall3 calls its targets: what a hostile contract writes, tokens that
 * it sends for example, the items behind it see, and one that burns all gas leaves the items behind it a sixty-fourth.
 * The fan-out calls statically and gives each item a share of gas and of room: no item changes what another answers, an
 * item that would write fails, and one hog makes nothing fail but itself. Both run an item with another msg.sender and
 * less gas than an eth_call of its own has. On chains that count blocks of another chain (Arbitrum) the witness is
 * another chain's block too.
 *
 * Reads untrusted bytes; pure functions, any thread. Source: Multicall3 at its canonical address; EIP-3860, EIP-170. */
#ifndef DAPPD_ETH_MULTICALL_H
#define DAPPD_ETH_MULTICALL_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "eth/address.h"

enum {
    MULTICALL_MAX_ITEMS = 200,       /* stays below the 50M gas that geth and reth give an eth_call */
    MULTICALL_MAX_ITEM_DATA = 1024,  /* calldata of one item; longer calls go alone */
    FAN_OUT_MAX_CODE_BYTES = 49152,  /* EIP-3860, as geth checks it for eth_call */
    FAN_OUT_MAX_RETURN_BYTES = 24576 /* EIP-170: init code may not return more */
};

/* Where Multicall3 lives on nearly every chain, and the Keccak-256 of its code there. */
extern const address multicall3_address;
extern const hash32 multicall3_code_hash;

struct multicall_item {
    /* in */
    enum { MULTICALL_CALL, MULTICALL_BALANCE } kind; /* a call of a contract; an account's balance in wei */
    address to;
    const uint8_t *data; /* calldata of MULTICALL_CALL, borrowed */
    size_t data_len;     /* at most MULTICALL_MAX_ITEM_DATA */
    /* out */
    enum {
        MULTICALL_FAILED, /* it reverted, had too little gas or would have written: ask again alone to know which */
        MULTICALL_OK,     /* bytes is what came back, none of an account without code; of a balance, 32, big-endian */
        MULTICALL_OMITTED /* too long to be returned together with the others: ask again alone */
    } answer;
    const uint8_t *bytes; /* borrowed from the returned data; NULL unless MULTICALL_OK */
    size_t len;
};

/* Appends the calldata of an eth_call to multicall3_address: some 230 bytes for a balanceOf. In: n, 1 to
 * MULTICALL_MAX_ITEMS. */
void multicall3_encode(struct buf *out, const struct multicall_item *items, size_t n);

/* Reads what that call returned. Out: parent_hash, blockhash(number - 1) where it ran; the items' answers. Returns
 * ERR_UPSTREAM_ERROR when the data is not the answer to n items and the witness; the items' answers mean nothing then.
 * Takes what any ABI encoder may write: only what leads out of the data is refused, or is no balance, hash or bool. */
enum err multicall3_decode(hash32 *parent_hash, struct multicall_item *items, size_t n, const uint8_t *data,
                           size_t len) MUST_CHECK;

/* How many of the n items fit into one fan-out, at least 1 where n is. */
size_t fan_out_fits(const struct multicall_item *items, size_t n);

/* Appends init code for an eth_call without `to`: some 60 bytes for a balanceOf. In: n, at least 1 and no more than
 * fan_out_fits says. It needs some 8M gas to try any call at all; with less, calls come back failed. */
void fan_out_encode(struct buf *out, const struct multicall_item *items, size_t n);

/* As multicall3_decode. */
enum err fan_out_decode(hash32 *parent_hash, struct multicall_item *items, size_t n, const uint8_t *data,
                        size_t len) MUST_CHECK;

#endif
