/* The setting `listen` becomes something bind() takes, or is refused before anything starts.
 * Owns nothing: a listen_address is a plain value.
 * Any thread: pure functions. */
#include "core/listen_address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "core/decimal.h"

static_assert(LISTEN_PATH_BYTES == sizeof(((struct sockaddr_un *)0)->sun_path), "a path that fits can be bound");

static const char unix_prefix[] = "unix:";
enum { UNIX_PREFIX_LEN = sizeof(unix_prefix) - 1 };

static enum err parse_unix(struct listen_address *out, const char *path, size_t len) {
    if (len == 0 || len >= LISTEN_PATH_BYTES || path[0] != '/' || path[len - 1] == '/') return ERR_INVALID_PARAMETER;
    if (memchr(path, '\0', len) != NULL) return ERR_INVALID_PARAMETER;

    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    memcpy(addr.sun_path, path, len);
    memcpy(&out->addr, &addr, sizeof addr);
    memcpy(out->path, path, len);
    out->addr_len = (socklen_t)sizeof addr;
    return ERR_OK;
}

static enum err parse_ipv4(struct listen_address *out, const char *host, in_port_t port) {
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = port};
    if (inet_pton(AF_INET, host, &addr.sin_addr) != 1) return ERR_INVALID_PARAMETER;
    memcpy(&out->addr, &addr, sizeof addr);
    out->addr_len = (socklen_t)sizeof addr;
    return ERR_OK;
}

static enum err parse_ipv6(struct listen_address *out, const char *host, in_port_t port) {
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_port = port};
    if (inet_pton(AF_INET6, host, &addr.sin6_addr) != 1) return ERR_INVALID_PARAMETER;
    memcpy(&out->addr, &addr, sizeof addr);
    out->addr_len = (socklen_t)sizeof addr;
    return ERR_OK;
}

static enum err parse_tcp(struct listen_address *out, const char *text, size_t len) {
    const char *colon = memrchr(text, ':', len);
    if (colon == NULL) return ERR_INVALID_PARAMETER;
    uint64_t port;
    size_t host_len = (size_t)(colon - text);
    if (!decimal_parse_u64(&port, colon + 1, len - host_len - 1) || port > UINT16_MAX) return ERR_INVALID_PARAMETER;

    bool bracketed = host_len >= 2 && text[0] == '[' && text[host_len - 1] == ']';
    if (bracketed) {
        text++;
        host_len -= 2;
    }
    char host[INET6_ADDRSTRLEN] = "";
    if (host_len >= sizeof host || memchr(text, '\0', host_len) != NULL) return ERR_INVALID_PARAMETER;
    memcpy(host, text, host_len);
    in_port_t network_port = htons((uint16_t)port);
    return bracketed ? parse_ipv6(out, host, network_port) : parse_ipv4(out, host, network_port);
}

enum err listen_address_parse(struct listen_address *out, const char *text, size_t len) {
    memset(out, 0, sizeof *out);
    if (len >= UNIX_PREFIX_LEN && memcmp(text, unix_prefix, UNIX_PREFIX_LEN) == 0) {
        return parse_unix(out, text + UNIX_PREFIX_LEN, len - UNIX_PREFIX_LEN);
    }
    return parse_tcp(out, text, len);
}

char *listen_address_format(char out[LISTEN_TEXT_BYTES], const struct listen_address *address) {
    char host[INET6_ADDRSTRLEN] = "";
    if (address->addr.ss_family == AF_INET) {
        struct sockaddr_in addr;
        memcpy(&addr, &address->addr, sizeof addr);
        (void)inet_ntop(AF_INET, &addr.sin_addr, host, sizeof host);
        (void)snprintf(out, LISTEN_TEXT_BYTES, "%s:%u", host, ntohs(addr.sin_port));
    } else if (address->addr.ss_family == AF_INET6) {
        struct sockaddr_in6 addr;
        memcpy(&addr, &address->addr, sizeof addr);
        (void)inet_ntop(AF_INET6, &addr.sin6_addr, host, sizeof host);
        (void)snprintf(out, LISTEN_TEXT_BYTES, "[%s]:%u", host, ntohs(addr.sin6_port));
    } else {
        assert(address->addr.ss_family == AF_UNIX);
        (void)snprintf(out, LISTEN_TEXT_BYTES, "%s%s", unix_prefix, address->path);
    }
    return out;
}
