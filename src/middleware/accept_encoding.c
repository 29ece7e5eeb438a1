/* Whether a client takes gzip. Pure, any thread. */
#include "accept_encoding.h"

#include <string.h>
#include <strings.h>

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

static bool equals(struct part part, const char *word) {
    size_t len = strlen(word);
    return (size_t)(part.end - part.p) == len && strncasecmp(part.p, word, len) == 0;
}

/* In: what follows the coding's name. Only a weight of zero ("q=0", "q=0.000") says no. */
static bool is_refused(struct part parameters) {
    while (parameters.p < parameters.end) {
        struct part value = cut(&parameters, ';');
        struct part name = cut(&value, '=');
        if (!equals(name, "q")) continue;
        struct part weight = cut(&value, '=');
        const char *p = weight.p;
        while (p < weight.end && (*p == '0' || *p == '.')) p++;
        return p == weight.end;
    }
    return false;
}

bool accepts_gzip(const char *text, size_t len) {
    struct part rest = {text, text + len};
    bool any = false;
    while (rest.p < rest.end) {
        struct part parameters = cut(&rest, ',');
        struct part coding = cut(&parameters, ';');
        if (equals(coding, "gzip") || equals(coding, "x-gzip")) return !is_refused(parameters);
        if (equals(coding, "*")) any = !is_refused(parameters);
    }
    return any;
}
