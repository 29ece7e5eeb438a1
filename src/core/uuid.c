/* Ids that any instance makes without asking the others, and that nobody can guess.
 * Owns nothing.
 * Any thread: pure functions but for the clock and the kernel's randomness. */
#include "core/uuid.h"

#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/hex.h"

enum { TIME_BYTES = 6, VERSION = 7 };

/* The bytes of each group of digits; hyphens stand between groups. */
static const uint8_t groups[] = {4, 2, 2, 2, 6};
enum { N_GROUPS = sizeof groups };

uuid uuid_new(void) {
    uuid id;
    uint64_t ms = clock_wall_us() / 1000;
    for (unsigned i = 0; i < TIME_BYTES; i++) id.bytes[i] = (uint8_t)(ms >> (8 * (TIME_BYTES - 1 - i)));
    secure_random(id.bytes + TIME_BYTES, sizeof id.bytes - TIME_BYTES);
    id.bytes[6] = (uint8_t)(VERSION << 4 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

enum err uuid_parse(uuid *out, const char *text, size_t len) {
    uuid id;
    uint8_t *to = id.bytes;
    if (len != UUID_TEXT_BYTES - 1) return ERR_INVALID_PARAMETER;
    for (unsigned i = 0; i < N_GROUPS; i++) {
        if (i > 0 && *text++ != '-') return ERR_INVALID_PARAMETER;
        if (!hex_read(to, groups[i], text)) return ERR_INVALID_PARAMETER;
        to += groups[i];
        text += 2 * groups[i];
    }
    *out = id;
    return ERR_OK;
}

char *uuid_format(char out[UUID_TEXT_BYTES], const uuid *id) {
    const uint8_t *from = id->bytes;
    char *to = out;
    for (unsigned i = 0; i < N_GROUPS; i++) {
        if (i > 0) *to++ = '-';
        hex_write(to, from, groups[i]);
        to += 2 * groups[i];
        from += groups[i];
    }
    return out;
}

bool uuid_equal(const uuid *a, const uuid *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
