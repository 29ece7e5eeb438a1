/* Feeds core/uuid any text: what is read is written as the same in lower case.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "core/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uuid id, again;
    char text[UUID_TEXT_BYTES];
    if (uuid_parse(&id, (const char *)data, size) != ERR_OK) return 0;
    assert(size == UUID_TEXT_BYTES - 1);
    uuid_format(text, &id);
    for (size_t i = 0; i < size; i++) assert(text[i] == tolower(data[i]));
    assert(uuid_parse(&again, text, strlen(text)) == ERR_OK && uuid_equal(&id, &again));
    return 0;
}
