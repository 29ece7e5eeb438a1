/* Feeds middleware/client_address any X-Forwarded-For: a stranger's is not read, the answer is an address that prints
 * and reads alike, and nothing that a client writes before what the proxies have added changes it.
 * Owns nothing beyond one input.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "middleware/client_address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct peer_address parse(const char *text) {
    struct peer_address address;
    assert(peer_address_parse(&address, text, strlen(text)));
    return address;
}

static void check_prints_alike(const struct peer_address *address) {
    char text[PEER_ADDRESS_TEXT_BYTES];
    struct peer_address again;
    (void)peer_address_format(text, address);
    assert(!address->is_unix && peer_address_parse(&again, text, strlen(text)));
    assert(peer_address_equal(address, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char forged[] = "203.0.113.5, 10.0.0.9,";
    struct trusted_proxies *proxies = trusted_proxies_new("10.0.0.0/8,fd00::/8,unix");
    struct peer_address proxy = parse("10.0.0.1"), stranger = parse("192.0.2.9");
    char *list = malloc(sizeof forged + size);
    assert(list != NULL);
    memcpy(list, forged, sizeof forged - 1);
    if (size > 0) memcpy(list + sizeof forged - 1, data, size);

    struct peer_address unread = client_address(proxies, &stranger, list, sizeof forged - 1 + size);
    assert(peer_address_equal(&unread, &stranger));

    struct peer_address client = client_address(proxies, &proxy, list + sizeof forged - 1, size);
    struct peer_address same = client_address(proxies, &proxy, list, sizeof forged - 1 + size);
    check_prints_alike(&client);
    if (!trusted_proxies_have(proxies, &client)) assert(peer_address_equal(&client, &same));
    free(list);
    trusted_proxies_free(proxies);
    return 0;
}
