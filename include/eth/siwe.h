/* Messages of Sign-In with Ethereum, read strictly: what is not exactly as the standard's grammar has it is refused,
 * and of what it has, what means nothing or can be written in two ways: userinfo, an empty host or port in the domain,
 * a port or chain id with leading zeros, chain 0, times before 1970, an address without its checksum. Reads untrusted
 * bytes, does no I/O, knows no clock; pure functions, any thread. Source: EIP-4361, RFC 3986, RFC 3339.
 */
#ifndef DAPPD_ETH_SIWE_H
#define DAPPD_ETH_SIWE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eth/address.h"

enum { SIWE_MAX_BYTES = 8192, SIWE_PROBLEM_BYTES = 160 };

/* Borrowed from the message, not NUL-terminated; NULL: absent. */
struct siwe_text {
    const char *p;
    size_t len;
};

struct siwe_message {
    struct siwe_text scheme; /* of the domain, absent as a rule */
    struct siwe_text domain; /* authority: host or host:port */
    address address;
    struct siwe_text statement; /* may be there and empty */
    struct siwe_text uri;
    uint64_t chain_id;
    struct siwe_text nonce;
    uint64_t issued_at_s; /* unix seconds, a fraction cut off */
    bool has_expiration;
    uint64_t expiration_s;
    bool has_not_before;
    uint64_t not_before_s;       /* a fraction rounded up */
    struct siwe_text request_id; /* may be there and empty */
    size_t n_resources;
};

/* ERR_INVALID_MESSAGE, with problem naming the line and what belongs there; or ERR_CHECKSUM_MISMATCH. The problem has
 * nothing of the message in it, and *out is untouched then. */
enum err siwe_parse(struct siwe_message *out, char problem[SIWE_PROBLEM_BYTES], const char *text,
                    size_t len) MUST_CHECK;

/* True when the URI is http or https and its authority is the domain itself: no userinfo, the same host and port byte
 * for byte, the message's scheme where it has one. */
bool siwe_uri_is_of_domain(const struct siwe_message *message);

#endif
