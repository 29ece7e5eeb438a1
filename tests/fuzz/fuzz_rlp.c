/* Feeds eth/rlp any bytes: items that are taken, down to a depth, are written again as they were.
 * Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <string.h>

#include "eth/rlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_DEPTH = 32 };

/* What is not looked into, or is malformed, is kept as it is. */
static void put_again(struct buf *out, struct rlp_bytes rest, unsigned depth) {
    struct rlp_item item;
    size_t n = 0, counted;
    enum err counts = rlp_count(&counted, rest);
    for (; rest.len > 0 && rlp_next(&item, &rest) == ERR_OK; n++) {
        struct rlp_bytes whole = item.whole;
        size_t start = out->len;
        u256 integer;
        if (item.is_list) {
            if (depth < MAX_DEPTH) put_again(out, item.content, depth + 1);
            if (depth == MAX_DEPTH) buf_append(out, item.content.p, item.content.len);
            rlp_put_list(out, start);
        } else if (rlp_u256(&integer, &whole) == ERR_OK) {
            rlp_put_u256(out, &integer);
        } else {
            rlp_put_string(out, item.content.p, item.content.len);
        }
    }
    assert((counts == ERR_OK) == (rest.len == 0));
    assert(counts != ERR_OK || counted == n);
    buf_append(out, rest.p, rest.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf out;
    buf_init(&out, size + RLP_HEADER_BYTES);
    put_again(&out, (struct rlp_bytes){.p = data, .len = size}, 0);
    assert(!out.failed && out.len == size && (size == 0 || memcmp(out.data, data, size) == 0));
    buf_free(&out);
    return 0;
}
