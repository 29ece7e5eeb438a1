/* Feeds eth/block any name of a block: what parses must mean the same when it is written in the usual form.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "eth/block.h"
#include "eth/hex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_spec(char out[HASH32_TEXT_BYTES], const struct block_spec *spec) {
    static const char *const tags[] = {
        [BLOCK_LATEST] = "latest", [BLOCK_SAFE] = "safe", [BLOCK_FINALIZED] = "finalized"};
    if (spec->kind == BLOCK_HASH) {
        hash32_format(out, &spec->hash);
    } else if (spec->kind == BLOCK_NUMBER) {
        snprintf(out, HASH32_TEXT_BYTES, "%" PRIu64, spec->number);
    } else {
        snprintf(out, HASH32_TEXT_BYTES, "%s", tags[spec->kind]);
    }
}

/* Decimal text is the number and not what is left of it in 64 bits. */
static void check_decimal(const char *printed, const char *text, size_t len) {
    while (len > 1 && *text == '0') {
        text++;
        len--;
    }
    assert(strlen(printed) == len && memcmp(printed, text, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct block_spec spec, again;
    if (block_spec_parse(&spec, (const char *)data, size) != ERR_OK) return 0;

    char text[HASH32_TEXT_BYTES];
    write_spec(text, &spec);
    assert(block_spec_parse(&again, text, strlen(text)) == ERR_OK);
    assert(again.kind == spec.kind && again.number == spec.number && hash32_equal(&again.hash, &spec.hash));
    if (spec.kind == BLOCK_NUMBER) {
        if (size < 2 || data[1] != 'x') check_decimal(text, (const char *)data, size);
        hex_encode_u64(text, spec.number);
        assert(block_spec_parse(&again, text, strlen(text)) == ERR_OK && again.number == spec.number);
    } else {
        assert(strlen(text) == size);
    }
    return 0;
}
