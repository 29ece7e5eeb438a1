/* The If-None-Match header. Reads untrusted bytes; pure function, any thread. Source: RFC 9110, 13.1.2. */
#ifndef DAPPD_MIDDLEWARE_ETAG_LIST_H
#define DAPPD_MIDDLEWARE_ETAG_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* True when the list has etag by weak comparison, or is "*". In: etag, W/"..." or "...". */
bool etag_list_has(const char *list, size_t len, const char *etag);

#endif
