/* The walk along X-Forwarded-For, from the nearest proxy to the client. Pure but for the list made at start; any
 * thread. */
#include "middleware/client_address.h"

#include <stdlib.h>
#include <string.h>

#include "core/comma_list.h"
#include "core/decimal.h"

struct trusted_proxies {
    size_t n;
    struct peer_network networks[];
};

struct trusted_proxies *trusted_proxies_new(const char *setting) {
    size_t n = comma_list_count(setting);
    struct trusted_proxies *proxies = malloc(sizeof *proxies + n * sizeof *proxies->networks);
    if (proxies == NULL) abort();
    proxies->n = 0;
    for (struct comma_list list = comma_list_of(setting); comma_list_next(&list);) {
        struct peer_network *network = &proxies->networks[proxies->n++];
        if (!peer_network_parse(network, list.entry, list.len)) abort(); /* the setting was checked */
    }
    return proxies;
}

void trusted_proxies_free(struct trusted_proxies *proxies) {
    free(proxies);
}

bool trusted_proxies_have(const struct trusted_proxies *proxies, const struct peer_address *address) {
    for (size_t i = 0; i < proxies->n; i++) {
        if (peer_network_has(&proxies->networks[i], address)) return true;
    }
    return false;
}

/* ":443", or nothing. */
static bool is_port(const char *text, size_t len) {
    uint64_t port;
    return len == 0 || (text[0] == ':' && decimal_parse_u64(&port, text + 1, len - 1) && port <= 65535);
}

/* An address as proxies write it; some add the client's port, which takes brackets around an IPv6 address. */
static bool parse_entry(struct peer_address *out, const char *text, size_t len) {
    if (len > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', len);
        if (end == NULL || memchr(text, ':', (size_t)(end - text)) == NULL) return false;
        size_t before = (size_t)(end - text) + 1;
        return is_port(end + 1, len - before) && peer_address_parse(out, text + 1, before - 2);
    }
    const char *colon = memchr(text, ':', len);
    bool has_port = colon != NULL && memrchr(text, ':', len) == colon; /* an IPv6 address has two at least */
    size_t address_len = has_port ? (size_t)(colon - text) : len;
    return is_port(text + address_len, len - address_len) && peer_address_parse(out, text, address_len);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/* Cuts the last entry off the list. Returns false when there is none, or it is no address. */
static bool take_last(struct peer_address *out, const char *list, size_t *len) {
    if (*len == 0) return false;
    const char *end = list + *len;
    const char *comma = memrchr(list, ',', *len);
    const char *start = comma != NULL ? comma + 1 : list;
    *len = comma != NULL ? (size_t)(comma - list) : 0;
    while (start < end && is_space(*start)) start++;
    while (end > start && is_space(end[-1])) end--;
    return parse_entry(out, start, (size_t)(end - start));
}

struct peer_address client_address(const struct trusted_proxies *proxies, const struct peer_address *peer,
                                   const char *forwarded, size_t len) {
    struct peer_address client = *peer;
    while (trusted_proxies_have(proxies, &client) && take_last(&client, forwarded, &len)) continue;
    return client;
}
