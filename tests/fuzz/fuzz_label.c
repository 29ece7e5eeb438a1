/* Feeds services/label any text: libc must find the same characters in what is taken, and none that cannot be shown.
 * Owns nothing.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "services/label.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_shown(wchar_t c) {
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool direction =
        c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return !control && !direction;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data, *end = text + size;
    mbstate_t state = {0};
    size_t n = 0;
    assert(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    if (!label_is_valid(text, size)) return 0;
    assert(text[0] != ' ' && end[-1] != ' ');
    for (; text < end; n++) {
        wchar_t c;
        size_t len = mbrtowc(&c, text, (size_t)(end - text), &state);
        assert(len > 0 && len <= 4 && is_shown(c));
        text += len;
    }
    assert(n >= 1 && n <= LABEL_MAX_CHARS);
    return 0;
}
