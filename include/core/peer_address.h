/* Who is at the other end of a connection: an Internet address without its port, or somebody on this machine behind a
 * Unix socket; and networks of such. Plain values; reads untrusted bytes; pure functions, any thread. Sources: RFC
 * 4291, RFC 4632, RFC 5952. */
#ifndef DAPPD_CORE_PEER_ADDRESS_H
#define DAPPD_CORE_PEER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { PEER_ADDRESS_TEXT_BYTES = 46 /* with NUL */ };

struct peer_address {
    bool is_unix;
    uint8_t
        ip[16]; /* IPv4 as IPv6 maps it (::ffff:192.0.2.1), so that one address is the same in both; zeros of unix */
};

struct peer_network {
    struct peer_address first;
    unsigned prefix; /* bits that all have in common, of the 128; those of unix have all */
};

/* A numeric IPv4 or IPv6 address, without port, brackets and zone. */
bool peer_address_parse(struct peer_address *out, const char *text, size_t len);

/* What a socket is connected to; whatever is no Internet address is unix. In: addr may be NULL. */
struct peer_address peer_address_of(const struct sockaddr *addr);

/* "192.0.2.1", "2001:db8::1" or "unix". Returns out. */
char *peer_address_format(char out[PEER_ADDRESS_TEXT_BYTES], const struct peer_address *address);

bool peer_address_is_v4(const struct peer_address *address);
bool peer_address_equal(const struct peer_address *a, const struct peer_address *b);

/* An address, address/prefix without bits behind the prefix, or unix. */
bool peer_network_parse(struct peer_network *out, const char *text, size_t len);
bool peer_network_has(const struct peer_network *network, const struct peer_address *address);

#endif
