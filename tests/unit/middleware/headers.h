/* Stands in for the part of http/request.c that asks libmicrohttpd: the headers, and the address that a request came
 * from, are what the test says.
 * Owned by the test that includes it.
 * Tests only, one thread. */
#ifndef DAPPD_TESTS_MIDDLEWARE_HEADERS_H
#define DAPPD_TESTS_MIDDLEWARE_HEADERS_H

#include <strings.h>

#include "http/request.h"

/* The one header that the request has, its values joined; NULL: none. */
static const char *header_name = "", *header_value;

const char *request_header(const struct request *req, const char *name) {
    (void)req;
    return strcasecmp(name, header_name) == 0 ? header_value : NULL;
}

const char *request_header_list(const struct request *req, const char *name) {
    return request_header(req, name);
}

/* The rest of that file, which nobody here needs. */
struct peer_address request_peer(const struct request *req) {
    (void)req;
    return peer_address_of(NULL);
}

bool request_query(const struct request *req, struct slice *out, const char *name) {
    (void)req;
    (void)out;
    (void)name;
    return false;
}

#endif
