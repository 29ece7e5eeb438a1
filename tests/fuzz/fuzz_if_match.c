/* Feeds routes/if_match any header: what is taken must mean the same when it is written anew, and every version must
 * stand in the text.
 * Owns nothing.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "if_match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct expected_versions have, again;
    char text[MAX_EXPECTED_VERSIONS * 24] = "\"\"";
    size_t len = 2;
    if (!if_match_parse(&have, (const char *)data, size)) return 0;
    assert(have.n <= MAX_EXPECTED_VERSIONS);
    assert(have.any == (size == 1 && data[0] == '*') && !(have.any && have.n > 0));
    for (size_t i = 0; i < have.n; i++) {
        char tag[24];
        assert(have.versions[i] > 0 && have.versions[i] <= INT64_MAX);
        size_t tag_len = (size_t)snprintf(tag, sizeof tag, "\"%llu\"", (unsigned long long)have.versions[i]);
        assert(memmem(data, size, tag, tag_len) != NULL);
        len += (size_t)snprintf(text + len, sizeof text - len, ", %s", tag);
    }
    assert(if_match_parse(&again, text, len) && !again.any && again.n == have.n);
    assert(memcmp(again.versions, have.versions, have.n * sizeof *have.versions) == 0);
    return 0;
}
