/* Feeds eth/multicall's fan-out any return: what is believed is what the program would have written, byte for byte.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "eth/multicall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ITEMS = 8, WORD_BYTES = 32, WITNESS_BYTES = 2 * WORD_BYTES, ANSWER_BYTES = 3 };

/* Writes the answers as the program does. Returns the length. */
static size_t write_again(uint8_t *out, const struct multicall_item *items, size_t n) {
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        const struct multicall_item *item = &items[i];
        assert((item->bytes == NULL) == (item->answer != MULTICALL_OK));
        assert(item->kind == MULTICALL_CALL || item->answer != MULTICALL_FAILED);
        out[len] = (uint8_t)item->answer;
        out[len + 1] = (uint8_t)(item->len >> 8);
        out[len + 2] = (uint8_t)item->len;
        len += ANSWER_BYTES;
        if (item->len > 0) memcpy(out + len, item->bytes, item->len);
        len += item->len;
    }
    return len;
}

static void check_return(struct multicall_item *items, size_t n, const uint8_t *data, size_t size) {
    hash32 parent_hash;
    enum err err = fan_out_decode(&parent_hash, items, n, data, size);
    assert(err == ERR_OK || err == ERR_UPSTREAM_ERROR);
    if (err != ERR_OK) return;
    assert(size <= FAN_OUT_MAX_RETURN_BYTES && data[0] == 0);
    assert(memcmp(parent_hash.bytes, data + WORD_BYTES, WORD_BYTES) == 0);
    uint8_t *again = malloc(size + n * ANSWER_BYTES);
    assert(write_again(again, items, n) == size - WITNESS_BYTES);
    assert(memcmp(again, data + WITNESS_BYTES, size - WITNESS_BYTES) == 0);
    free(again);
}

/* The input as calldata of every item: the code holds it all, and is as long as was said. */
static void check_code(struct multicall_item *items, size_t n, const uint8_t *data, size_t size) {
    for (size_t i = 0; i < n; i++) {
        items[i].data = data;
        items[i].data_len = size < MULTICALL_MAX_ITEM_DATA ? size : MULTICALL_MAX_ITEM_DATA;
    }
    struct buf out;
    buf_init(&out, FAN_OUT_MAX_CODE_BYTES);
    assert(fan_out_fits(items, n) == n);
    fan_out_encode(&out, items, n);
    assert(!out.failed);
    for (size_t i = 0, at = out.len; i < n; i++) {
        const struct multicall_item *item = &items[n - 1 - i];
        size_t len = item->kind == MULTICALL_CALL ? item->data_len : 0;
        at -= len;
        assert(len == 0 || memcmp(out.data + at, data, len) == 0);
        at -= sizeof item->to.bytes + 3;
        assert((uint8_t)out.data[at + 1] == len >> 8 && (uint8_t)out.data[at + 2] == (len & 0xff));
    }
    buf_free(&out);
}

/* In: the first byte says how many items were asked for, the second which of them are balances. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    size_t n = 1 + data[0] % MAX_ITEMS;
    struct multicall_item items[MAX_ITEMS] = {0};
    for (size_t i = 0; i < n; i++) items[i].kind = data[1] >> i & 1 ? MULTICALL_BALANCE : MULTICALL_CALL;
    check_return(items, n, data + 2, size - 2);
    check_code(items, n, data + 2, size - 2);
    return 0;
}
