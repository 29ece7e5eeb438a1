/* Where to listen: "127.0.0.1:8080", "[::1]:8080" or "unix:/run/dappd.sock". Plain value, pure
 * functions, any thread. */
#ifndef DAPPD_CORE_LISTEN_ADDRESS_H
#define DAPPD_CORE_LISTEN_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#include "core/err.h"

enum {
    LISTEN_PATH_BYTES = 108, /* sun_path, with NUL */
    LISTEN_TEXT_BYTES = 128  /* any address as text, with NUL */
};

struct listen_address {
    struct sockaddr_storage addr; /* for bind(): AF_INET, AF_INET6 or AF_UNIX */
    socklen_t addr_len;
    char path[LISTEN_PATH_BYTES]; /* of the Unix socket; "" for TCP */
};

/* Reads a numeric IPv4 or bracketed IPv6 address with a port (0: any free one), or unix: and an absolute path of at
 * most 107 bytes. Host names are refused: looking one up would block, and may give several addresses.
 * Returns ERR_INVALID_PARAMETER on anything else. */
enum err listen_address_parse(struct listen_address *out, const char *text, size_t len) MUST_CHECK;

/* Writes it as listen_address_parse reads it, IPv6 in its canonical form (RFC 5952). Returns out. */
char *listen_address_format(char out[LISTEN_TEXT_BYTES], const struct listen_address *address);

#endif
