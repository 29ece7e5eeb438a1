/* A parser that recurses spends stack on each level, so a short hostile text could end a coroutine's stack.
 * Owns nothing: one pass over the caller's bytes.
 * Any thread: a pure function. */
#include "core/json_depth.h"

/* Returns the index behind the string whose opening quote is at `at`, or len when it never closes. */
static size_t skip_string(const char *text, size_t len, size_t at) {
    for (size_t i = at + 1; i < len; i++) {
        if (text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return len;
}

bool json_depth_within(const char *text, size_t len, unsigned max_depth) {
    unsigned depth = 0;
    size_t i = 0;
    while (i < len) {
        switch (text[i]) {
        case '"':
            i = skip_string(text, len, i);
            continue;
        case '[':
        case '{':
            if (depth == max_depth) return false;
            depth++;
            break;
        case ']':
        case '}':
            if (depth > 0) depth--;
            break;
        default:
            break;
        }
        i++;
    }
    return true;
}
