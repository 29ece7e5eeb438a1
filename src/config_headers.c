/* The headers that go with every request to an upstream, such as a key. No sentence here holds a value, or a name that
 * is none: people paste whole lines. What is built lives in the loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "rpc/node_url.h"

enum { MAX_HEADERS = 16, MAX_HEADER_NAME_LEN = 64, MAX_HEADER_VALUE_LEN = 4096 };

/* They follow from the request itself, or belong to the connection. */
static const char *const own_headers[] = {
    "Connection", "Content-Encoding", "Content-Length",    "Content-Type", "Expect",      "Host",
    "TE",         "Trailer",          "Transfer-Encoding", "Upgrade",      "traceparent",
};

/* A token of RFC 9110, section 5.6.2. */
static bool is_token(const char *text) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    size_t len = strlen(text);
    return len >= 1 && len <= MAX_HEADER_NAME_LEN && strspn(text, allowed) == len;
}

static bool is_own(const char *name) {
    for (size_t i = 0; i < sizeof own_headers / sizeof own_headers[0]; i++) {
        if (strcasecmp(own_headers[i], name) == 0) return true;
    }
    return false;
}

static bool is_given(const char *name, const struct header_config *headers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(headers[i].name, name) == 0) return true;
    }
    return false;
}

static const char *value_fault(const char *value) {
    size_t len = strlen(value);
    if (len == 0) return "the value is missing";
    if (len > MAX_HEADER_VALUE_LEN) return "the value is longer than 4096 bytes";
    bool good = value[0] != ' ' && value[len - 1] != ' ';
    for (size_t i = 0; i < len; i++) good = good && value[i] >= ' ' && value[i] <= '~';
    return good ? NULL : "the value must be visible ASCII characters, with spaces only between them";
}

static enum err fail_header(const struct config_loader *loader, const struct config_item *item, const char *name,
                            const char *fault) {
    return config_fail(loader, "%s: %s: header %s: %s", item->origin, item->what, name, fault);
}

/* In: headers, the n before this one. */
static enum err build_header(const struct config_loader *loader, struct header_config *headers, size_t n,
                             const struct config_item *item, const struct yaml_header *yaml) {
    const char *name = yaml->name != NULL ? yaml->name : "";
    if (!is_token(name)) {
        char position[16];
        (void)snprintf(position, sizeof position, "%zu", n + 1);
        return fail_header(loader, item, position,
                           "the name must be 1 to 64 letters, digits and characters of !#$%&'*+-.^_`|~");
    }
    if (is_own(name)) return fail_header(loader, item, name, "dappd sets it itself, it cannot be configured");
    if (is_given(name, headers, n)) return fail_header(loader, item, name, "it is given twice");
    struct header_config *header = &headers[n];
    header->name = config_copy(loader, name, strlen(name));
    enum err err = config_expand(loader, &header->value, item, yaml->value != NULL ? yaml->value : "");
    if (err != ERR_OK) return err;
    const char *fault = value_fault(header->value);
    return fault == NULL ? ERR_OK : fail_header(loader, item, name, fault);
}

enum err config_build_headers(const struct config_loader *loader, struct upstream_config *upstream,
                              const struct config_item *item, const struct yaml_upstream *yaml) {
    struct node_url url;
    if (yaml->n_headers == 0) return ERR_OK;
    if (yaml->n_headers > MAX_HEADERS) {
        return config_fail(loader, "%s: %s has %u headers; at most %d are allowed", item->origin, item->what,
                           yaml->n_headers, MAX_HEADERS);
    }
    if (node_url_parse(&url, upstream->url) == NULL && url.scheme == NODE_IPC) {
        return config_fail(loader, "%s: %s: headers belong to HTTP; a node with an ipc: URL gets none", item->origin,
                           item->what);
    }
    struct header_config *headers = config_alloc(loader, yaml->n_headers, sizeof *headers);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < yaml->n_headers; i++) {
        err = build_header(loader, headers, i, item, &yaml->headers[i]);
    }
    upstream->headers = headers;
    upstream->n_headers = yaml->n_headers;
    return err;
}
