/* The token of an Authorization header. Pure, any thread. */
#include "bearer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char scheme[] = "Bearer";
enum { SCHEME_LEN = sizeof(scheme) - 1 };

/* What the standards call token68, without the padding. */
static bool is_token_char(char c) {
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~+/", c) != NULL);
}

bool bearer_parse(const char **token, size_t *token_len, const char *text, size_t len) {
    if (len <= SCHEME_LEN || strncasecmp(text, scheme, SCHEME_LEN) != 0 || text[SCHEME_LEN] != ' ') return false;
    const char *p = text + SCHEME_LEN, *end = text + len;
    while (p < end && *p == ' ') p++;
    const char *start = p;
    while (p < end && is_token_char(*p)) p++;
    if (p == start) return false;
    while (p < end && *p == '=') p++;
    if (p != end) return false;
    *token = start;
    *token_len = (size_t)(end - start);
    return true;
}
