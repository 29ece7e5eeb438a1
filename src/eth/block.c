/* How a client names a block: what follows ?block= and the "block" of a POST body.
 * Owns nothing; a block_spec is a plain value.
 * Any thread: pure function. */
#include "eth/block.h"

#include <string.h>

#include "eth/hex.h"
#include "eth/u256.h"

static const struct {
    const char *name;
    struct block_spec spec;
} tags[] = {
    {"latest", {.kind = BLOCK_LATEST}},
    {"safe", {.kind = BLOCK_SAFE}},
    {"finalized", {.kind = BLOCK_FINALIZED}},
};

static enum err parse_decimal(uint64_t *out, const char *text, size_t len) {
    u256 number;
    enum err err = u256_from_dec(&number, text, len);
    if (err != ERR_OK) return err;
    if (!u256_fits_u64(&number)) return ERR_INVALID_PARAMETER;
    *out = number.limb[0];
    return ERR_OK;
}

enum err block_spec_parse(struct block_spec *out, const char *text, size_t len) {
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (len == strlen(tags[i].name) && memcmp(text, tags[i].name, len) == 0) {
            *out = tags[i].spec;
            return ERR_OK;
        }
    }

    struct block_spec spec = {.kind = BLOCK_NUMBER};
    bool hex = len >= 2 && text[1] == 'x';
    enum err err;
    if (hex && len == HASH32_TEXT_BYTES - 1) {
        spec.kind = BLOCK_HASH;
        err = hash32_parse(&spec.hash, text, len);
    } else if (hex) {
        err = hex_decode_u64(&spec.number, text, len);
    } else {
        err = parse_decimal(&spec.number, text, len);
    }
    if (err == ERR_OK) *out = spec;
    return err;
}
