/* How one node is reached: where it listens and what goes with every request to it. Made once for each upstream, never
 * changed afterwards, read by the transports of all reactors. Any thread. */
#ifndef DAPPD_RPC_ENDPOINT_H
#define DAPPD_RPC_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "rpc/chain.h"
#include "rpc/node_url.h"

struct curl_slist;

struct endpoint {
    struct node_url where;
    size_t width;               /* requests at once from one reactor */
    size_t heavy_width;         /* of them, those that may cost the node much */
    char *http_url;             /* what libcurl is asked for; of a Unix socket, a URL of this machine. Secret */
    struct curl_slist *headers; /* "Name: value" of every request, the configured ones last. Secret */
    struct curl_slist *configured;
};

/* In: url and headers, checked by the configuration (asserted); both are copied. */
struct endpoint *endpoint_new(const char *url, const struct header_config *headers, size_t n_headers);
void endpoint_free(struct endpoint *endpoint);

#endif
