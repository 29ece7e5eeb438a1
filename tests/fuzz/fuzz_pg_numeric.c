/* Feeds pg_numeric_read any bytes: what it takes is written and read back as the same number, and any number is written
 * as something that it takes. Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <string.h>

#include "repos/pg_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const u256 *value) {
    uint8_t written[PG_NUMERIC_BYTES];
    u256 back;
    bool negative;
    size_t len = pg_numeric_write(written, value);
    assert(len >= 8 && len <= sizeof written);
    assert(pg_numeric_read(&back, &negative, written, len) && !negative);
    assert(u256_cmp(&back, value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    u256 value;
    bool negative;
    if (pg_numeric_read(&value, &negative, data, size)) {
        assert(!negative || !u256_is_zero(&value));
        check_round_trip(&value);
    }
    uint8_t word[32] = {0};
    if (size > 0) memcpy(word, data, size < sizeof word ? size : sizeof word);
    value = u256_from_be(word);
    check_round_trip(&value);
    return 0;
}
