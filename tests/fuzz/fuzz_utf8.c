/* Feeds core/utf8 any bytes: each sequence it takes must be the shortest form of a code point, and cleaning twice must
 * change nothing more.
 * Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sequence(const uint8_t *p, size_t n) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        assert((p[i] & 0xc0) == 0x80);
        code = code << 6 | (p[i] & 0x3f);
    }
    assert(n <= 4 && code >= smallest[n] && code <= 0x10ffff);
    assert(code < 0xd800 || code > 0xdfff);
}

static void check_clean(const uint8_t *data, size_t size, size_t cap) {
    char *once = malloc(cap), *twice = malloc(cap);
    size_t len = utf8_clean(once, cap, data, size);
    assert(len < cap && strlen(once) == len);
    assert(utf8_clean(twice, cap, once, len) == len && memcmp(once, twice, len) == 0);
    for (size_t i = 0; i < len;) {
        size_t n = utf8_sequence((const uint8_t *)once + i, len - i);
        assert(n > 0);
        i += n;
    }
    free(twice);
    free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size;) {
        size_t n = utf8_sequence(data + i, size - i);
        assert(n <= size - i);
        if (n > 0) check_sequence(data + i, n);
        i += n > 0 ? n : 1;
    }
    check_clean(data, size, size + 1);
    check_clean(data, size, size / 2 + 1);
    return 0;
}
