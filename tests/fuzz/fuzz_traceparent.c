/* Feeds middleware/traceparent any header: libc's regular expressions must be of the same opinion, and what was taken
 * must print as it was written.
 * Owns the compiled expressions for as long as the process lives.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <regex.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "middleware/traceparent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TRACEPARENT_CHARACTERS = 55 };

/* What the header must match, then what it must not: ids of zeros, and version 0 going on behind the flags. There is no
 * version ff. */
static const struct {
    const char *expression;
    bool must;
} rules[] = {
    {"^([0-9a-e][0-9a-f]|f[0-9a-e])-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-|$)", true},
    {"^..-(0{32}|.{32}-0{16})", false},
    {"^00.{53}-", false},
};
enum { RULES = sizeof rules / sizeof *rules };

static bool is_right(const uint8_t *data, size_t size) {
    static regex_t compiled[RULES];
    static bool ready;
    for (size_t i = 0; i < RULES && !ready; i++) assert(regcomp(&compiled[i], rules[i].expression, REG_EXTENDED) == 0);
    ready = true;

    char *text = strndup((const char *)data, size); /* a NUL is as wrong as an end in those first 55 characters */
    bool right = true;
    assert(text != NULL);
    for (size_t i = 0; i < RULES; i++) right = right && (regexec(&compiled[i], text, 0, NULL, 0) == 0) == rules[i].must;
    free(text);
    return right;
}

static size_t print_hex(char *out, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return 2 * n;
}

static void check_prints_alike(const struct trace *trace, const uint8_t *data) {
    char text[TRACEPARENT_CHARACTERS + 1];
    memcpy(text, data, 3);
    size_t len = 3;
    len += print_hex(text + len, trace->trace_id, sizeof trace->trace_id);
    text[len++] = '-';
    len += print_hex(text + len, trace->span_id, sizeof trace->span_id);
    text[len++] = '-';
    len += print_hex(text + len, &trace->flags, 1);
    assert(len == TRACEPARENT_CHARACTERS && memcmp(text, data, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct trace trace, untouched;
    memset(&trace, 0x5a, sizeof trace);
    untouched = trace;
    bool taken = traceparent_parse(&trace, (const char *)data, size);
    /* A NUL right behind the flags is no end, but the expressions take it for one. */
    if (size <= TRACEPARENT_CHARACTERS || data[TRACEPARENT_CHARACTERS] != '\0') assert(taken == is_right(data, size));
    if (taken) {
        check_prints_alike(&trace, data);
    } else {
        assert(memcmp(&trace, &untouched, sizeof trace) == 0);
    }
    return 0;
}
