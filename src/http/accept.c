/* Content negotiation between two types. Owns nothing; pure. */
#include "http/accept.h"

#include <string.h>
#include <strings.h>

enum { MAX_WEIGHT = 1000 };

struct part {
    const char *p;
    const char *end;
};

/* Cuts the text before the first c off *rest, spaces around it removed. */
static struct part cut(struct part *rest, char c) {
    const char *at = rest->p < rest->end ? memchr(rest->p, c, (size_t)(rest->end - rest->p)) : NULL;
    struct part part = {rest->p, at != NULL ? at : rest->end};
    rest->p = at != NULL ? at + 1 : rest->end;
    while (part.p < part.end && (*part.p == ' ' || *part.p == '\t')) part.p++;
    while (part.p < part.end && (part.end[-1] == ' ' || part.end[-1] == '\t')) part.end--;
    return part;
}

static bool equals(struct part part, const char *word, size_t len) {
    return (size_t)(part.end - part.p) == len && strncasecmp(part.p, word, len) == 0;
}

/* 3: the type itself, 2: its subtypes, 1: everything, 0: another type. */
static int fit(struct part range, const char *type) {
    size_t main_len = strcspn(type, "/") + 1;
    size_t len = (size_t)(range.end - range.p);
    if (equals(range, type, strlen(type))) return 3;
    if (len == main_len + 1 && range.p[len - 1] == '*' && strncasecmp(range.p, type, main_len) == 0) return 2;
    return equals(range, "*/*", 3) ? 1 : 0;
}

/* Thousandths; one that is malformed counts as none given. */
static int weight_of(struct part parameters) {
    while (parameters.p < parameters.end) {
        struct part value = cut(&parameters, ';');
        struct part name = cut(&value, '=');
        struct part q = cut(&value, '=');
        if (!equals(name, "q", 1)) continue;
        int weight = q.p < q.end && *q.p == '0' ? 0 : MAX_WEIGHT;
        if (q.end - q.p < 2 || q.p[1] != '.') return weight;
        int unit = 100;
        for (const char *p = q.p + 2; p < q.end && *p >= '0' && *p <= '9'; p++, unit /= 10) weight += (*p - '0') * unit;
        return weight < MAX_WEIGHT ? weight : MAX_WEIGHT;
    }
    return MAX_WEIGHT;
}

static int weight(struct part rest, const char *type) {
    int best = 0, found = 0;
    while (rest.p < rest.end) {
        struct part parameters = cut(&rest, ',');
        struct part range = cut(&parameters, ';');
        int fits = fit(range, type);
        if (fits <= best) continue;
        best = fits;
        found = weight_of(parameters);
    }
    return found;
}

bool accept_prefers(const char *accept, size_t len, const char *type, const char *usual) {
    struct part all = {accept, accept + len};
    return weight(all, type) > weight(all, usual);
}
