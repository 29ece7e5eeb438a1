/* Feeds eth/multicall any return of aggregate3: what is believed lies within the data and is what was asked for.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <string.h>

#include "eth/multicall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ITEMS = 8, WORD_BYTES = 32 };

static void check_item(const struct multicall_item *item, const uint8_t *data, size_t size) {
    assert(item->answer == MULTICALL_OK || item->answer == MULTICALL_FAILED);
    if (item->answer == MULTICALL_FAILED) {
        assert(item->bytes == NULL && item->len == 0);
        return;
    }
    assert(item->bytes >= data && item->len <= size && (size_t)(item->bytes - data) <= size - item->len);
    assert(item->kind == MULTICALL_CALL || item->len == WORD_BYTES);
}

/* Cut by a byte, it is the same answer with less padding, or none. */
static void check_cut(struct multicall_item *items, size_t n, const uint8_t *data, size_t size) {
    hash32 parent_hash;
    if (multicall3_decode(&parent_hash, items, n, data, size - 1) != ERR_OK) return;
    for (size_t i = 0; i < n; i++) check_item(&items[i], data, size - 1);
}

/* In: the first byte says how many items were asked for, the second which of them are balances. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    size_t n = 1 + data[0] % MAX_ITEMS;
    struct multicall_item items[MAX_ITEMS] = {0};
    for (size_t i = 0; i < n; i++) items[i].kind = data[1] >> i & 1 ? MULTICALL_BALANCE : MULTICALL_CALL;
    data += 2;
    size -= 2;

    hash32 parent_hash;
    enum err err = multicall3_decode(&parent_hash, items, n, data, size);
    assert(err == ERR_OK || err == ERR_UPSTREAM_ERROR);
    if (err != ERR_OK) return 0;
    assert(memmem(data, size, parent_hash.bytes, sizeof parent_hash.bytes) != NULL);
    for (size_t i = 0; i < n; i++) check_item(&items[i], data, size);
    check_cut(items, n, data, size);
    return 0;
}
