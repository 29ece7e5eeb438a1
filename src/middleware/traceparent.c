/* Parsing of traceparent. Pure, any thread. */
#include "traceparent.h"

#include <string.h>

enum { TRACEPARENT_BYTES = 2 + 1 + 32 + 1 + 16 + 1 + 2 };

/* Lower-case digits only, as the standard wants. */
static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

static bool decode(uint8_t *out, size_t n, const char *text) {
    for (size_t i = 0; i < n; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t n) {
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++) any |= bytes[i];
    return any == 0;
}

bool traceparent_parse(struct trace *out, const char *text, size_t len) {
    uint8_t version;
    struct trace trace;
    if (len < TRACEPARENT_BYTES || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    if (!decode(&version, 1, text) || version == 0xff) return false;
    if (len > TRACEPARENT_BYTES && (version == 0 || text[TRACEPARENT_BYTES] != '-')) return false;
    if (!decode(trace.trace_id, sizeof trace.trace_id, text + 3)) return false;
    if (!decode(trace.span_id, sizeof trace.span_id, text + 36)) return false;
    if (!decode(&trace.flags, 1, text + 53)) return false;
    if (is_zero(trace.trace_id, sizeof trace.trace_id) || is_zero(trace.span_id, sizeof trace.span_id)) return false;
    *out = trace;
    return true;
}
