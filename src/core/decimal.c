/* Numbers in settings, ports and queries are read in one way only, without strtoul's spaces, signs and octals.
 * Owns nothing.
 * Any thread: pure functions. */
#include "core/decimal.h"

bool decimal_parse_u64(uint64_t *out, const char *text, size_t len) {
    if (len == 0 || (text[0] == '0' && len > 1)) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}
