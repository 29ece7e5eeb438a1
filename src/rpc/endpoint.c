/* What is the same in every request to a node is put together once, not once a request. An upstream owns its endpoint.
 * Any thread: constant after endpoint_new. */
#include "endpoint.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Beyond the first, nodes only queue what they get. Of the second kind a node serves one request a connection, and the
 * connections stay open. */
enum { HTTP_WIDTH = 64, IPC_WIDTH = 16, HEAVY_WIDTH = 8 };

/* Sent unless the configuration has a header of the same name. An empty Expect keeps libcurl from asking for leave, and
 * waiting, before a long batch. */
static const struct header_config defaults[] = {
    {"Content-Type", "application/json"},
    {"Accept", "application/json"},
    {"Expect", ""},
    {"User-Agent", "dappd/" DAPPD_VERSION},
};

static void append(struct endpoint *endpoint, const struct header_config *header) {
    size_t size = strlen(header->name) + strlen(header->value) + sizeof ": ";
    char *line = malloc(size);
    if (line == NULL) abort();
    (void)snprintf(line, size, "%s: %s", header->name, header->value);
    struct curl_slist *list = curl_slist_append(endpoint->headers, line);
    free(line);
    if (list == NULL) abort();
    endpoint->headers = list;
}

static bool is_named(const char *name, const struct header_config *headers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(headers[i].name, name) == 0) return true;
    }
    return false;
}

static void add_headers(struct endpoint *endpoint, const struct header_config *headers, size_t n) {
    size_t n_defaults = 0;
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (is_named(defaults[i].name, headers, n)) continue;
        append(endpoint, &defaults[i]);
        n_defaults++;
    }
    for (size_t i = 0; i < n; i++) append(endpoint, &headers[i]);
    endpoint->configured = endpoint->headers;
    for (size_t i = 0; i < n_defaults; i++) endpoint->configured = endpoint->configured->next;
}

/* The host of a Unix socket's URL is only a name for the Host header; nodes that check it expect this one. */
static char *make_http_url(const struct node_url *where, const char *url) {
    char *http_url = NULL;
    int len = where->scheme == NODE_HTTP_UNIX ? asprintf(&http_url, "http://localhost%s", where->http_path)
                                              : asprintf(&http_url, "%s", url);
    if (len < 0) abort();
    return http_url;
}

struct endpoint *endpoint_new(const char *url, const struct header_config *headers, size_t n_headers) {
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (endpoint == NULL) abort();
    const char *fault = node_url_parse(&endpoint->where, url);
    assert(fault == NULL);
    (void)fault;
    endpoint->width = endpoint->where.scheme == NODE_IPC ? IPC_WIDTH : HTTP_WIDTH;
    endpoint->heavy_width = HEAVY_WIDTH;
    endpoint->http_url = make_http_url(&endpoint->where, url);
    endpoint->where.http_path = NULL; /* it points into the caller's text */
    add_headers(endpoint, headers, n_headers);
    return endpoint;
}

void endpoint_free(struct endpoint *endpoint) {
    curl_slist_free_all(endpoint->headers);
    free(endpoint->http_url);
    free(endpoint);
}
