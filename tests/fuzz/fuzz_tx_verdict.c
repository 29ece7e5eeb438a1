/* Feeds any code and text to the table of what nodes say of transactions: text beats code, case does not matter, and
 * the reason of a revert promises nothing.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/tx_send.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_case(const char *text, size_t len, enum tx_verdict want) {
    char *upper = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        upper[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
    assert(tx_verdict_of(0, upper, len) == want);
    free(upper);
}

static void check_reason(const char *text, size_t len) {
    static const char prefix[] = "execution reverted: ";
    size_t prefix_len = sizeof(prefix) - 1;
    char *reverted = malloc(prefix_len + len);
    memcpy(reverted, prefix, prefix_len);
    memcpy(reverted + prefix_len, text, len);
    assert(tx_verdict_of(-32000, reverted, prefix_len + len) == TX_REFUSED);
    free(reverted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int32_t code;
    if (size < sizeof(code)) return 0;
    memcpy(&code, data, sizeof(code));
    size_t len = size - sizeof(code);
    char *text = malloc(len > 0 ? len : 1); /* exactly len bytes are readable to it: no NUL to lean on */
    if (len > 0) memcpy(text, data + sizeof(code), len);

    enum tx_verdict verdict = tx_verdict_of(code, text, len);
    enum tx_verdict by_text = tx_verdict_of(0, text, len);
    assert(verdict < TX_VERDICT_COUNT && tx_verdict_info(verdict)->name != NULL);
    if (by_text != TX_UNCERTAIN) assert(verdict == by_text);
    if (verdict == TX_TAKEN) assert(by_text == TX_TAKEN); /* no code alone says that */
    check_case(text, len, by_text);
    check_reason(text, len);
    free(text);
    return 0;
}
