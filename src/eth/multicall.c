/* One eth_call that asks Multicall3 for many things: its calldata, and its answer taken apart without trust.
 * Owns nothing: the caller's buffer grows, answers are borrowed from the returned data.
 * Any thread: pure functions. Source: Solidity ABI specification; Multicall3's aggregate3. */
#include "eth/multicall.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "abi/multicall3.h"

enum { WORD_BYTES = ABI_WORD_BYTES };

const address multicall3_address = {{0xca, 0x11, 0xbd, 0xe0, 0x59, 0x77, 0xb3, 0x63, 0x11, 0x67,
                                     0x02, 0x88, 0x62, 0xbe, 0x2a, 0x17, 0x39, 0x76, 0xca, 0x11}};

const hash32 multicall3_code_hash = {{0xd5, 0xc1, 0x5d, 0xf6, 0x87, 0xb1, 0x6f, 0x2f, 0xf9, 0x92, 0xfc,
                                      0x8d, 0x76, 0x7b, 0x42, 0x16, 0x32, 0x31, 0x84, 0xa2, 0xbb, 0xc6,
                                      0xee, 0x2f, 0x9c, 0x39, 0x8c, 0x31, 0x8e, 0x77, 0x08, 0x91}};

/* What aggregate3 is given for an item. */
struct call3 {
    const address *target;
    const uint8_t *data;
    size_t len;
    uint8_t own[MULTICALL3_GET_ETH_BALANCE_BYTES]; /* where data is, unless the item brought it */
};

static void make_witness(struct call3 *call) {
    call->target = &multicall3_address;
    call->data = multicall3_get_last_block_hash_selector;
    call->len = sizeof multicall3_get_last_block_hash_selector;
}

static void make_call(struct call3 *call, const struct multicall_item *item) {
    assert(item->data_len <= MULTICALL_MAX_ITEM_DATA);
    if (item->kind == MULTICALL_CALL) {
        call->target = &item->to;
        call->data = item->data;
        call->len = item->data_len;
        return;
    }
    call->target = &multicall3_address;
    multicall3_get_eth_balance_encode(call->own, &item->to);
    call->data = call->own;
    call->len = sizeof call->own;
}

static size_t padded(size_t len) {
    return (len + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES;
}

static void append_number(struct buf *out, size_t number) {
    uint8_t word[WORD_BYTES];
    abi_word_u64(word, number, 64);
    buf_append(out, word, sizeof word);
}

static void append_address(struct buf *out, const address *a) {
    uint8_t word[WORD_BYTES];
    abi_word_address(word, a);
    buf_append(out, word, sizeof word);
}

/* (address target, bool allowFailure, bytes callData); the bytes begin behind these three and their own length. */
static void append_call(struct buf *out, const struct call3 *call) {
    static const uint8_t zeros[WORD_BYTES];
    append_address(out, call->target);
    append_number(out, true);
    append_number(out, 3 * WORD_BYTES);
    append_number(out, call->len);
    buf_append(out, call->data, call->len);
    buf_append(out, zeros, padded(call->len) - call->len);
}

static size_t call_bytes(const struct call3 *call) {
    return 4 * WORD_BYTES + padded(call->len);
}

void multicall3_encode(struct buf *out, const struct multicall_item *items, size_t n) {
    assert(n >= 1 && n <= MULTICALL_MAX_ITEMS);
    struct call3 call;
    buf_append(out, multicall3_aggregate3_selector, sizeof multicall3_aggregate3_selector);
    append_number(out, WORD_BYTES);
    append_number(out, 1 + n);

    size_t offset = (1 + n) * WORD_BYTES; /* counted from behind the number of calls */
    append_number(out, offset);
    make_witness(&call);
    offset += call_bytes(&call);
    for (size_t i = 0; i < n; i++) {
        append_number(out, offset);
        make_call(&call, &items[i]);
        offset += call_bytes(&call);
    }

    make_witness(&call);
    append_call(out, &call);
    for (size_t i = 0; i < n; i++) {
        make_call(&call, &items[i]);
        append_call(out, &call);
    }
}

/* What is left of the returned data, from where offsets count. */
struct span {
    const uint8_t *data;
    size_t len;
};

/* The number in the word at `at`; a larger one than the data is long would lead out of it, whatever it means. */
static bool read_number(size_t *out, struct span in, size_t at) {
    if (in.len < WORD_BYTES || at > in.len - WORD_BYTES) return false;
    u256 word = u256_from_be(in.data + at);
    if (!u256_fits_u64(&word) || word.limb[0] > in.len) return false;
    *out = (size_t)word.limb[0];
    return true;
}

/* Follows the offset in the word at `at`. */
static bool follow(struct span *out, struct span in, size_t at) {
    size_t offset;
    if (!read_number(&offset, in, at)) return false;
    *out = (struct span){.data = in.data + offset, .len = in.len - offset};
    return true;
}

/* (bool success, bytes returnData) */
static bool read_result(bool *success, struct span *returned, struct span result) {
    size_t flag, len;
    struct span bytes;
    if (!read_number(&flag, result, 0) || flag > true) return false;
    if (!follow(&bytes, result, WORD_BYTES) || !read_number(&len, bytes, 0)) return false;
    if (len > bytes.len - WORD_BYTES) return false;
    *success = flag == true;
    *returned = (struct span){.data = bytes.data + WORD_BYTES, .len = len};
    return true;
}

static bool read_item(struct multicall_item *item, struct span result) {
    bool success;
    struct span returned;
    if (!read_result(&success, &returned, result)) return false;
    item->answer = success ? MULTICALL_OK : MULTICALL_FAILED;
    item->bytes = success ? returned.data : NULL;
    item->len = success ? returned.len : 0;
    return !success || item->kind == MULTICALL_CALL || item->len == WORD_BYTES;
}

static bool read_witness(hash32 *parent_hash, struct span result) {
    bool success;
    struct span returned;
    if (!read_result(&success, &returned, result) || !success || returned.len != sizeof parent_hash->bytes)
        return false;
    memcpy(parent_hash->bytes, returned.data, sizeof parent_hash->bytes);
    return true;
}

static bool read_all(hash32 *parent_hash, struct multicall_item *items, size_t n, struct span data) {
    struct span array, result;
    size_t count;
    if (!follow(&array, data, 0) || !read_number(&count, array, 0) || count != 1 + n) return false;
    struct span results = {.data = array.data + WORD_BYTES, .len = array.len - WORD_BYTES};
    size_t room = data.len; /* no encoder has answers share bytes: a lie, and one of 200 copies for one */
    if (!follow(&result, results, 0) || !read_witness(parent_hash, result)) return false;
    for (size_t i = 0; i < n; i++) {
        if (!follow(&result, results, (1 + i) * WORD_BYTES) || !read_item(&items[i], result)) return false;
        if (items[i].len > room) return false;
        room -= items[i].len;
    }
    return true;
}

enum err multicall3_decode(hash32 *parent_hash, struct multicall_item *items, size_t n, const uint8_t *data,
                           size_t len) {
    return read_all(parent_hash, items, n, (struct span){.data = data, .len = len}) ? ERR_OK : ERR_UPSTREAM_ERROR;
}
