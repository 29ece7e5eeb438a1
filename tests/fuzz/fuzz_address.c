/* Feeds eth/address any text: what parses is what is printed, and a typo in the checksum is told from garbage.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "eth/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_LEN = ADDRESS_TEXT_BYTES - 1, DIGITS = TEXT_LEN - 2 };

static void check_round_trip(const address *a) {
    char text[ADDRESS_TEXT_BYTES];
    address back;
    assert(strlen(address_format(text, a)) == TEXT_LEN);
    assert(address_parse(&back, text, TEXT_LEN) == ERR_OK && address_equal(&back, a));
}

static void check_address(const char *text, size_t len) {
    address a;
    enum err err = address_parse(&a, text, len);
    if (err == ERR_INVALID_ADDRESS) return;

    assert(len == TEXT_LEN);
    char lower[TEXT_LEN], upper[TEXT_LEN], canonical[ADDRESS_TEXT_BYTES];
    for (size_t i = 0; i < TEXT_LEN; i++) {
        lower[i] = (char)tolower((unsigned char)text[i]);
        upper[i] = (char)toupper((unsigned char)text[i]);
    }
    address same;
    assert(address_parse(&same, lower, TEXT_LEN) == ERR_OK);
    address_format(canonical, &same);
    for (size_t i = 0; i < TEXT_LEN; i++) assert(tolower((unsigned char)canonical[i]) == lower[i]);

    bool good = memcmp(canonical + 2, text + 2, DIGITS) == 0;
    bool uniform = memcmp(lower + 2, text + 2, DIGITS) == 0 || memcmp(upper + 2, text + 2, DIGITS) == 0;
    assert(err == (good || uniform ? ERR_OK : ERR_CHECKSUM_MISMATCH));
    assert(err != ERR_OK || address_equal(&a, &same));
}

static void check_hash(const char *text, size_t len) {
    hash32 h, back;
    char printed[HASH32_TEXT_BYTES];
    if (hash32_parse(&h, text, len) != ERR_OK) return;
    assert(len == HASH32_TEXT_BYTES - 1 && strlen(hash32_format(printed, &h)) == len);
    assert(hash32_parse(&back, printed, len) == ERR_OK && hash32_equal(&h, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_address((const char *)data, size);
    check_hash((const char *)data, size);

    address a = {{0}};
    if (size > 0) memcpy(a.bytes, data, size < sizeof(a.bytes) ? size : sizeof(a.bytes));
    check_round_trip(&a);
    return 0;
}
