/* Feeds middleware/bearer any header: libc's regular expressions must be of the same opinion, and the token must be the
 * end of the text.
 * Owns the compiled expression for as long as the process lives.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "middleware/bearer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns where the token begins, or -1. */
static regoff_t find_token(const uint8_t *data, size_t size) {
    static regex_t compiled;
    static bool ready;
    regmatch_t match[3];
    if (!ready) assert(regcomp(&compiled, "^([Bb][Ee][Aa][Rr][Ee][Rr] +)([-A-Za-z0-9._~+/]+=*)$", REG_EXTENDED) == 0);
    ready = true;

    char *text = strndup((const char *)data, size);
    assert(text != NULL);
    bool matches = memchr(data, '\0', size) == NULL && regexec(&compiled, text, 3, match, 0) == 0;
    free(text);
    return matches ? match[2].rm_so : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *token = NULL;
    size_t len = 0;
    if (size == 0) data = (const uint8_t *)"";
    bool taken = bearer_parse(&token, &len, (const char *)data, size);
    regoff_t start = find_token(data, size);
    assert(taken == (start >= 0));
    if (taken) assert((const uint8_t *)token == data + start && len == size - (size_t)start);
    return 0;
}
