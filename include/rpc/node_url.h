/* Where a node listens: "https://node.example/key", "http+unix:/run/node.sock:/http/path" or "ipc:/run/geth.ipc".
 * Plain value, pure functions, any thread. */
#ifndef DAPPD_RPC_NODE_URL_H
#define DAPPD_RPC_NODE_URL_H

#include <stdbool.h>

enum {
    NODE_URL_MAX_LEN = 2048,
    NODE_SOCKET_BYTES = 108 /* sun_path of a Unix socket's address, with NUL */
};

enum node_scheme {
    NODE_HTTP,      /* HTTP over TCP, with TLS or without */
    NODE_HTTP_UNIX, /* HTTP over a Unix socket */
    NODE_IPC        /* JSON-RPC over a Unix socket, one JSON value after the other */
};

struct node_url {
    enum node_scheme scheme;
    bool tls;
    bool loopback;                       /* HTTP over TCP to this machine */
    char socket_path[NODE_SOCKET_BYTES]; /* "" of NODE_HTTP */
    const char *http_path;               /* of NODE_HTTP_UNIX, within the text that was read; "/" when it has none */
};

/* Returns NULL, or what is wrong in a few words that repeat nothing of the URL: it may hold a key. */
const char *node_url_parse(struct node_url *out, const char *text);

#endif
