/* One place knows what the URL of a node may look like: the configuration checks with it, the transport reads with it.
 * Owns nothing: a node_url is a plain value that points into its text.
 * Any thread: pure functions. */
#include "rpc/node_url.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "core/decimal.h"

static_assert(NODE_SOCKET_BYTES == sizeof(((struct sockaddr_un *)0)->sun_path), "a path that fits can be connected to");

/* What stands behind the scheme: host, host:port, [IPv6] or [IPv6]:port, behind user and password if there are any. */
struct authority {
    const char *host;
    size_t host_len;
};

static bool read_authority(struct authority *out, const char *text, size_t len) {
    const char *at = memrchr(text, '@', len);
    if (at != NULL) {
        len -= (size_t)(at + 1 - text);
        text = at + 1;
    }
    const char *host_end = len > 0 && text[0] == '[' ? memchr(text, ']', len) : memchr(text, ':', len);
    if (len > 0 && text[0] == '[') {
        if (host_end == NULL) return false;
        host_end++;
    } else if (host_end == NULL) {
        host_end = text + len;
    }
    *out = (struct authority){text, (size_t)(host_end - text)};
    if (out->host_len == 0 || out->host_len == len) return out->host_len > 0;
    uint64_t port;
    return *host_end == ':' && decimal_parse_u64(&port, host_end + 1, len - out->host_len - 1) && port >= 1 &&
           port <= UINT16_MAX;
}

static bool is_loopback(const struct authority *authority) {
    static const char *const names[] = {"localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool same_len = strlen(names[i]) == authority->host_len;
        if (same_len && strncasecmp(names[i], authority->host, authority->host_len) == 0) return true;
    }
    /* A host of nothing but digits and dots is an IPv4 address (RFC 3986, section 7.4); 127.0.0.0/8 is this machine. */
    return strncmp(authority->host, "127.", 4) == 0 && strspn(authority->host, "0123456789.") >= authority->host_len;
}

static const char *read_http(struct node_url *out, const char *rest) {
    struct authority authority;
    if (!read_authority(&authority, rest, strcspn(rest, "/?#"))) return "the URL has no valid host and port";
    out->loopback = is_loopback(&authority);
    return NULL;
}

static const char *read_https(struct node_url *out, const char *rest) {
    out->tls = true;
    return read_http(out, rest);
}

/* An empty authority, as in ipc:///path, means this machine (RFC 8089 for file:). */
static const char *skip_empty_authority(const char *rest) {
    return strncmp(rest, "///", 3) == 0 ? rest + 2 : rest;
}

static const char *read_socket_path(struct node_url *out, const char *path, size_t len) {
    if (path[0] != '/' || path[1] == '/') return "the scheme must be followed by the absolute path of a socket";
    if (len < 2 || path[len - 1] == '/') return "the socket's path must end with a file name";
    if (len >= NODE_SOCKET_BYTES) return "the socket's path is longer than 107 bytes";
    memcpy(out->socket_path, path, len);
    out->socket_path[len] = '\0';
    return NULL;
}

static const char *read_http_unix(struct node_url *out, const char *rest) {
    const char *path = skip_empty_authority(rest);
    const char *separator = strstr(path, ":/");
    size_t len = separator != NULL ? (size_t)(separator - path) : strlen(path);
    out->scheme = NODE_HTTP_UNIX;
    out->http_path = separator != NULL ? separator + 1 : "/";
    return read_socket_path(out, path, len);
}

static const char *read_ipc(struct node_url *out, const char *rest) {
    const char *path = skip_empty_authority(rest);
    out->scheme = NODE_IPC;
    return read_socket_path(out, path, strlen(path));
}

static const char *refuse_web_socket(struct node_url *out, const char *rest) {
    (void)out;
    (void)rest;
    return "WebSocket URLs (ws:, wss:) are not supported; give the node's http:// or https:// URL";
}

static const struct scheme {
    const char *prefix;
    const char *(*read)(struct node_url *out, const char *rest);
} schemes[] = {
    {"http://", read_http}, {"https://", read_https},   {"http+unix:", read_http_unix},
    {"ipc:", read_ipc},     {"ws:", refuse_web_socket}, {"wss:", refuse_web_socket},
};

const char *node_url_parse(struct node_url *out, const char *text) {
    *out = (struct node_url){.scheme = NODE_HTTP};
    if (text[0] == '\0') return "the URL is missing";
    if (strlen(text) > NODE_URL_MAX_LEN) return "the URL is longer than 2048 bytes";
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') return "the URL holds a space, a control character or one beyond ASCII";
    }
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i].prefix);
        if (strncasecmp(text, schemes[i].prefix, len) == 0) return schemes[i].read(out, text + len);
    }
    return "the URL must begin with http://, https://, http+unix:/ or ipc:/";
}
