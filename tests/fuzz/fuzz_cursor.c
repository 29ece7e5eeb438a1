/* Cursors from strangers. What is accepted is exactly what encoding the result gives again, so nothing has two
 * spellings; what is not, changes nothing. */
#include <assert.h>
#include <string.h>

#include "services/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first two bytes choose the list and the length of its places. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cursor cursor = {.kind = CURSOR_TRANSFERS, .chain_id = 1, .filter = 2};
    if (size < 2) return 0;
    cursor.kind = (enum cursor_kind)(data[0] % 4 + 1);
    cursor.place_len = data[1] % (CURSOR_MAX_PLACE_BYTES + 1);
    struct cursor before = cursor;
    const char *text = (const char *)data + 2;
    size_t len = size - 2;
    if (cursor_decode(&cursor, text, len) != ERR_OK) {
        assert(memcmp(&cursor, &before, sizeof cursor) == 0);
        return 0;
    }
    char again[CURSOR_TEXT_BYTES];
    (void)cursor_encode(again, &cursor);
    assert(strlen(again) == len && memcmp(again, text, len) == 0);
    return 0;
}
