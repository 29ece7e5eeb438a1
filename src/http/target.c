/* Splits a request target and decodes its parts. Results live in the caller's arena; any thread. */
#include "target.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/hex.h"

size_t target_authority_len(const char *text, size_t len) {
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t skip = strlen(schemes[i]);
        if (len < skip || strncasecmp(text, schemes[i], skip) != 0) continue;
        while (skip < len && text[skip] != '/' && text[skip] != '?') skip++;
        return skip;
    }
    return 0;
}

static enum err fail(struct target *target, enum err err, const char *problem) {
    target->problem = problem;
    return err;
}

static enum err decode_into(struct target *target, char *to, size_t *to_len, struct slice raw, bool plus_is_space) {
    size_t n = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.p[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex_digit(raw.p[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex_digit(raw.p[i + 2]) : -1;
            if (high < 0 || low < 0) return fail(target, ERR_BAD_REQUEST, "% is not followed by two hex digits");
            c = (char)(high * 16 + low);
            if (c == '\0') return fail(target, ERR_BAD_REQUEST, "%00 is not allowed");
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        to[n++] = c;
    }
    *to_len = n;
    return ERR_OK;
}

/* Most text needs no decoding and is borrowed as it is. */
static enum err decode(struct target *target, struct slice *out, struct arena *arena, struct slice raw,
                       bool plus_is_space) {
    bool plain = memchr(raw.p, '%', raw.len) == NULL && (!plus_is_space || memchr(raw.p, '+', raw.len) == NULL);
    if (plain) {
        *out = raw;
        return ERR_OK;
    }
    char *copy = arena_alloc(arena, raw.len);
    if (copy == NULL) return fail(target, ERR_OVERLOADED, "the request needs too much memory");
    out->p = copy;
    return decode_into(target, copy, &out->len, raw, plus_is_space);
}

/* Cuts the text before the first c off *rest; without c, all of it. Returns whether there was one. */
static bool cut(struct slice *part, struct slice *rest, char c) {
    const char *at = rest->len > 0 ? memchr(rest->p, c, rest->len) : NULL;
    part->p = rest->p;
    part->len = at != NULL ? (size_t)(at - rest->p) : rest->len;
    size_t skip = at != NULL ? part->len + 1 : part->len;
    rest->p += skip;
    rest->len -= skip;
    return at != NULL;
}

static enum err parse_path(struct target *target, struct arena *arena) {
    struct slice rest = target->path;
    if (rest.len == 0 || rest.p[0] != '/') return fail(target, ERR_BAD_REQUEST, "the path does not begin with /");
    rest.p++;
    rest.len--;
    if (rest.len == 0) return ERR_OK;
    bool more = true;
    while (more) {
        struct slice raw;
        more = cut(&raw, &rest, '/');
        /* "/balance//0x.." and "/balance/0x../" are what a page with an empty variable asks for: to skip the gap would
         * answer another question than the one meant. */
        if (raw.len == 0) return fail(target, ERR_NOT_FOUND, "the path has an empty segment: a // or a / at its end");
        if (target->n_segments == TARGET_MAX_SEGMENTS) return fail(target, ERR_NOT_FOUND, "no path is that deep");
        enum err err = decode(target, &target->segments[target->n_segments++], arena, raw, false);
        if (err != ERR_OK) return err;
    }
    return ERR_OK;
}

static enum err parse_query(struct target *target, struct arena *arena, struct slice rest) {
    while (rest.len > 0) {
        struct slice pair, name;
        (void)cut(&pair, &rest, '&');
        if (pair.len == 0) continue;
        (void)cut(&name, &pair, '=');
        if (target->n_query == REQUEST_MAX_QUERY) {
            return fail(target, ERR_INVALID_PARAMETER, "there are too many query parameters");
        }
        struct query_arg *arg = &target->query[target->n_query++];
        enum err err = decode(target, &arg->name, arena, name, true);
        if (err == ERR_OK) err = decode(target, &arg->value, arena, pair, true);
        if (err != ERR_OK) return err;
    }
    return ERR_OK;
}

enum err target_parse(struct target *target, struct arena *arena, const char *text, size_t len) {
    *target = (struct target){.n_segments = 0};
    struct slice rest = {len > 0 ? text : "", len};
    (void)cut(&target->path, &rest, '?');
    enum err err = parse_path(target, arena);
    return err != ERR_OK ? err : parse_query(target, arena, rest);
}
