/* URIs are what a signed message says it is for, so what is taken for one is exactly what the standard calls one.
 * Owns nothing; everything points into the text.
 * Any thread: pure functions. Source: RFC 3986, appendix A. */
#include "uri.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/decimal.h"
#include "eth/hex.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_in(char c, const char *set) {
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_unreserved(char c) {
    return is_alpha(c) || is_digit(c) || is_in(c, "-._~");
}

static bool is_sub_delim(char c) {
    return is_in(c, "!$&'()*+,;=");
}

bool uri_is_plain(char c) {
    return is_unreserved(c) || is_sub_delim(c) || is_in(c, ":/?#[]@");
}

static bool is_escape(const char *p, const char *end) {
    return end - p >= 3 && p[0] == '%' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0;
}

/* The rules for reg-name, userinfo, pchar, path, query and fragment differ only in what else they allow. */
static bool is_made_of(const char *p, const char *end, const char *also) {
    while (p < end) {
        if (is_unreserved(*p) || is_sub_delim(*p) || is_in(*p, also)) {
            p++;
        } else if (is_escape(p, end)) {
            p += 3;
        } else {
            return false;
        }
    }
    return true;
}

/* Returns where the first of these characters is, or the end. */
static const char *find(const char *p, const char *end, const char *set) {
    while (p < end && !is_in(*p, set)) p++;
    return p;
}

bool uri_is_pchars(const char *text, size_t len) {
    return is_made_of(text, text + len, ":@");
}

bool uri_is_scheme(const char *text, size_t len) {
    if (len == 0 || !is_alpha(text[0])) return false;
    for (size_t i = 1; i < len; i++) {
        if (!is_alpha(text[i]) && !is_digit(text[i]) && !is_in(text[i], "+-.")) return false;
    }
    return true;
}

static bool is_ipv6(const char *p, const char *end) {
    char text[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    size_t len = (size_t)(end - p);
    if (len >= sizeof text || memchr(p, '\0', len) != NULL) return false;
    memcpy(text, p, len);
    text[len] = '\0';
    return inet_pton(AF_INET6, text, &parsed) == 1;
}

/* "v", a version in hex, a point, and what that version makes of it. */
static bool is_ip_future(const char *p, const char *end) {
    if (p == end || (*p != 'v' && *p != 'V')) return false;
    const char *point = ++p;
    while (point < end && hex_digit(*point) >= 0) point++;
    if (point == p || end - point < 2 || *point != '.') return false;
    for (p = point + 1; p < end; p++) {
        if (!is_unreserved(*p) && !is_sub_delim(*p) && *p != ':') return false;
    }
    return true;
}

struct site {
    const char *host;
    const char *host_end;
    const char *port; /* NULL: no colon */
};

static bool read_site(struct site *out, const char *p, const char *end) {
    bool is_literal = p < end && *p == '[';
    out->host = p;
    out->host_end = is_literal ? find(p, end, "]") : find(p, end, ":");
    if (is_literal) {
        if (out->host_end == end) return false;
        if (!is_ipv6(p + 1, out->host_end) && !is_ip_future(p + 1, out->host_end)) return false;
        out->host_end++;
    } else if (!is_made_of(p, out->host_end, "")) {
        return false;
    }
    out->port = NULL;
    if (out->host_end == end) return true;
    if (*out->host_end != ':') return false;
    out->port = out->host_end + 1;
    for (p = out->port; p < end; p++) {
        if (!is_digit(*p)) return false;
    }
    return true;
}

bool uri_is_site(const char *text, size_t len) {
    const char *end = text + len;
    struct site site;
    uint64_t port = 1;
    if (!read_site(&site, text, end) || site.host == site.host_end) return false;
    if (site.port != NULL && !decimal_parse_u64(&port, site.port, (size_t)(end - site.port))) return false;
    return port >= 1 && port <= UINT16_MAX;
}

static bool is_authority(const char *p, const char *end) {
    struct site site;
    const char *at = find(p, end, "@");
    if (at == end) return read_site(&site, p, end);
    return is_made_of(p, at, ":") && read_site(&site, at + 1, end);
}

/* In: what stands between the scheme's colon and the query or fragment. */
static bool read_hierarchy(struct uri *out, const char *p, const char *end) {
    out->authority = NULL;
    out->authority_len = 0;
    if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
        const char *path = find(p + 2, end, "/");
        out->authority = p + 2;
        out->authority_len = (size_t)(path - out->authority);
        if (!is_authority(out->authority, path)) return false;
        p = path;
    }
    return is_made_of(p, end, ":@/");
}

bool uri_parse(struct uri *out, const char *text, size_t len) {
    const char *end = text + len;
    const char *colon = find(text, end, ":");
    const char *query = find(colon, end, "?#");
    const char *fragment = find(query, end, "#");
    struct uri parsed = {.scheme = text, .scheme_len = (size_t)(colon - text)};
    if (colon == end || !uri_is_scheme(text, parsed.scheme_len)) return false;
    if (!read_hierarchy(&parsed, colon + 1, query)) return false;
    if (query < fragment && !is_made_of(query + 1, fragment, ":@/?")) return false;
    if (fragment < end && !is_made_of(fragment + 1, end, ":@/?")) return false;
    *out = parsed;
    return true;
}
