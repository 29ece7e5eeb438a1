/* Addresses of clients and proxies, as text and as bytes. Pure, any thread. */
#include "core/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/decimal.h"

static const char unix_text[] = "unix";
static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
enum { V4_PREFIX_BITS = 96, ALL_BITS = 128 };

static struct peer_address from_v4(const void *four_bytes) {
    struct peer_address address = {.is_unix = false};
    memcpy(address.ip, v4_prefix, sizeof v4_prefix);
    memcpy(address.ip + sizeof v4_prefix, four_bytes, 4);
    return address;
}

bool peer_address_parse(struct peer_address *out, const char *text, size_t len) {
    char copy[PEER_ADDRESS_TEXT_BYTES];
    uint8_t v4[4];
    if (len >= sizeof copy || memchr(text, '\0', len) != NULL) return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET, copy, v4) == 1) {
        *out = from_v4(v4);
        return true;
    }
    struct peer_address address = {.is_unix = false};
    if (inet_pton(AF_INET6, copy, address.ip) != 1) return false;
    *out = address;
    return true;
}

struct peer_address peer_address_of(const struct sockaddr *addr) {
    struct peer_address address = {.is_unix = true};
    if (addr != NULL && addr->sa_family == AF_INET) {
        return from_v4(&((const struct sockaddr_in *)(const void *)addr)->sin_addr);
    }
    if (addr != NULL && addr->sa_family == AF_INET6) {
        address.is_unix = false;
        memcpy(address.ip, &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr, sizeof address.ip);
    }
    return address;
}

char *peer_address_format(char out[PEER_ADDRESS_TEXT_BYTES], const struct peer_address *address) {
    if (address->is_unix) {
        memcpy(out, unix_text, sizeof unix_text);
    } else if (peer_address_is_v4(address)) {
        (void)inet_ntop(AF_INET, address->ip + sizeof v4_prefix, out, PEER_ADDRESS_TEXT_BYTES);
    } else {
        (void)inet_ntop(AF_INET6, address->ip, out, PEER_ADDRESS_TEXT_BYTES);
    }
    return out;
}

bool peer_address_is_v4(const struct peer_address *address) {
    return !address->is_unix && memcmp(address->ip, v4_prefix, sizeof v4_prefix) == 0;
}

bool peer_address_equal(const struct peer_address *a, const struct peer_address *b) {
    return a->is_unix == b->is_unix && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

static bool share_bits(const uint8_t a[16], const uint8_t b[16], unsigned bits) {
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole) != 0) return false;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/* No bits behind the prefix: who writes 10.0.0.7/8 may have meant another network. */
static bool is_first(const struct peer_network *network) {
    uint8_t rest[16];
    memcpy(rest, network->first.ip, sizeof rest);
    for (unsigned bit = 0; bit < network->prefix; bit++) rest[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    for (size_t i = 0; i < sizeof rest; i++) {
        if (rest[i] != 0) return false;
    }
    return true;
}

bool peer_network_parse(struct peer_network *out, const char *text, size_t len) {
    struct peer_network network = {.prefix = ALL_BITS};
    const char *slash = memchr(text, '/', len);
    size_t address_len = slash != NULL ? (size_t)(slash - text) : len;
    if (len == sizeof unix_text - 1 && memcmp(text, unix_text, len) == 0) {
        network.first.is_unix = true;
    } else if (!peer_address_parse(&network.first, text, address_len)) {
        return false;
    }
    if (slash != NULL) {
        uint64_t prefix;
        bool is_v4 = memchr(text, ':', address_len) == NULL;
        if (!decimal_parse_u64(&prefix, slash + 1, len - address_len - 1) || prefix > (is_v4 ? 32 : 128)) return false;
        network.prefix = (unsigned)prefix + (is_v4 ? V4_PREFIX_BITS : 0);
        if (!is_first(&network)) return false;
    }
    *out = network;
    return true;
}

bool peer_network_has(const struct peer_network *network, const struct peer_address *address) {
    return network->first.is_unix == address->is_unix && share_bits(network->first.ip, address->ip, network->prefix);
}
