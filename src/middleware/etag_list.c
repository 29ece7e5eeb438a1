/* Weak comparison of entity tags. Pure, any thread. */
#include "etag_list.h"

#include <string.h>

/* The opaque part with its quotes, without W/. */
static const char *opaque(const char *etag) {
    return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

bool etag_list_has(const char *list, size_t len, const char *etag) {
    const char *want = opaque(etag), *end = list + len;
    size_t want_len = strlen(want);
    if (len == 1 && *list == '*') return true;
    while (list < end) {
        const char *open = memchr(list, '"', (size_t)(end - list));
        if (open == NULL || open + 1 == end) return false;
        const char *close = memchr(open + 1, '"', (size_t)(end - open - 1));
        if (close == NULL) return false;
        size_t have_len = (size_t)(close - open) + 1;
        if (have_len == want_len && memcmp(open, want, want_len) == 0) return true;
        list = close + 1;
    }
    return false;
}
