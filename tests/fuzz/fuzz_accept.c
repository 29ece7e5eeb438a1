/* Feeds http/accept any header: no type is preferred to itself, two are never preferred to each other, and a range of
 * the type itself put in front decides. Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char csv[] = "text/csv", json[] = "application/json", front[] = "text/csv;q=1,application/json;q=0,";
    const char *text = (const char *)data;
    assert(!accept_prefers(text, size, csv, csv));
    assert(!(accept_prefers(text, size, csv, json) && accept_prefers(text, size, json, csv)));
    char *longer = malloc(sizeof front - 1 + size);
    assert(longer != NULL);
    memcpy(longer, front, sizeof front - 1);
    if (size > 0) memcpy(longer + sizeof front - 1, data, size);
    assert(accept_prefers(longer, sizeof front - 1 + size, csv, json));
    free(longer);
    return 0;
}
