/* Feeds any text to the reader of limits on ranges: what it suggests lies within the range that was asked for, and is
 * less of it.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/log_hint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t range[2];
    if (size < sizeof(range)) return 0;
    memcpy(range, data, sizeof(range));
    if (range[0] > range[1]) return 0;
    size_t len = size - sizeof(range);
    char *text = malloc(len > 0 ? len : 1); /* no longer than it is, so that ASan sees one byte too many */
    memcpy(text, data + sizeof(range), len);
    struct log_hint hint = log_hint_read(text, len, range[0], range[1]);
    assert(hint.to == 0 || (hint.to >= range[0] && hint.to < range[1]));
    struct log_hint one = log_hint_read(text, len, range[0], range[0]);
    assert(one.to == 0 && one.max_blocks == hint.max_blocks && one.too_many_blocks == hint.too_many_blocks);
    free(text);
    return 0;
}
