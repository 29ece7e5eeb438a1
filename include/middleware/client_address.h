/* Whose request it is behind proxies: X-Forwarded-For, believed as far as proxies that are trusted have written it. The
 * list of them is made at start and constant afterwards; pure functions, any thread. */
#ifndef DAPPD_MIDDLEWARE_CLIENT_ADDRESS_H
#define DAPPD_MIDDLEWARE_CLIENT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/peer_address.h"

struct trusted_proxies;

/* In: setting, comma-separated, each what peer_network_parse takes; "" for nobody. */
struct trusted_proxies *trusted_proxies_new(const char *setting);
void trusted_proxies_free(struct trusted_proxies *proxies);

bool trusted_proxies_have(const struct trusted_proxies *proxies, const struct peer_address *address);

/* The nearest address that is no trusted proxy's. Each proxy appends whom it was asked by, so the list is walked from
 * its end for as long as the one who has written the entry is trusted; one that is no address ends the walk at whoever
 * wrote it. In: peer, who is connected; forwarded, all X-Forwarded-For as one list. */
struct peer_address client_address(const struct trusted_proxies *proxies, const struct peer_address *peer,
                                   const char *forwarded, size_t len);

#endif
