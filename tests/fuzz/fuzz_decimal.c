/* Numbers of settings: what is accepted prints back as it was written, what prints like that is accepted.
 * Owns nothing.
 * One thread. */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    uint64_t value = 0;
    bool accepted = decimal_parse_u64(&value, text, size);
    char printed[32];
    if (!accepted && size > 0 && size < 20) { /* 19 digits always fit */
        char copy[32] = "";
        memcpy(copy, data, size);
        value = strtoull(copy, NULL, 10);
    }
    int len = snprintf(printed, sizeof printed, "%llu", (unsigned long long)value);
    bool same = (size_t)len == size && memcmp(printed, data, size) == 0;
    assert(accepted == same || (!accepted && size >= 20));
    return 0;
}
