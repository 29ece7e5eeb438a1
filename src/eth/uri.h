/* The grammar of RFC 3986, read strictly. Reads untrusted bytes; pure functions, any thread. */
#ifndef DAPPD_ETH_URI_H
#define DAPPD_ETH_URI_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed from the text, not NUL-terminated. */
struct uri {
    const char *scheme;
    size_t scheme_len;
    const char *authority; /* NULL: there is none, as in "urn:uuid:..." */
    size_t authority_len;
};

/* True for a URI (not a relative reference) of RFC 3986; *out is touched only then. */
bool uri_parse(struct uri *out, const char *text, size_t len);

bool uri_is_scheme(const char *text, size_t len);

/* True for host or host:port. The standard's authority is wider: it has userinfo, an empty host and a port that is
 * empty or past 65535, none of which names a site; userinfo is only ever there to pass one site off as another. */
bool uri_is_site(const char *text, size_t len);

/* True for any number of pchar, none included. */
bool uri_is_pchars(const char *text, size_t len);

/* True for what needs no escape anywhere in a URI: reserved and unreserved characters alike. */
bool uri_is_plain(char c);

#endif
