/* Listen addresses: what is accepted formats to a text that reads as the same address again.
 * Owns nothing.
 * One thread. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "core/listen_address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct listen_address first, second;
    if (listen_address_parse(&first, (const char *)data, size) != ERR_OK) return 0;
    assert(first.addr_len > 0 && first.addr_len <= sizeof first.addr);
    assert((first.addr.ss_family == AF_UNIX) == (first.path[0] != '\0'));

    char text[LISTEN_TEXT_BYTES], again[LISTEN_TEXT_BYTES];
    (void)listen_address_format(text, &first);
    enum err err = listen_address_parse(&second, text, strlen(text));
    assert(err == ERR_OK);
    assert(memcmp(&first, &second, sizeof first) == 0);
    assert(strcmp(text, listen_address_format(again, &second)) == 0);
    return 0;
}
