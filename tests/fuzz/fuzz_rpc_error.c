/* Feeds any status, code and message to the classification of errors: text beats status and code, case does not matter,
 * and a revert stays a revert whatever its reason says.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_outcome(enum rpc_outcome outcome) {
    assert(outcome < RPC_OUTCOME_COUNT);
    assert(outcome != RPC_OK && outcome != RPC_NONSENSE && outcome != RPC_TIMED_OUT);
}

static void check_case(const char *text, size_t len, enum rpc_outcome want) {
    char *upper = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        upper[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
    assert(rpc_error_classify(200, 0, upper, len) == want);
    free(upper);
}

static void check_reason(const char *text, size_t len) {
    static const char prefix[] = "execution reverted: ";
    size_t prefix_len = sizeof(prefix) - 1;
    char *reverted = malloc(prefix_len + len);
    memcpy(reverted, prefix, prefix_len);
    memcpy(reverted + prefix_len, text, len);
    assert(rpc_error_classify(429, -32005, reverted, prefix_len + len) == RPC_REVERTED);
    free(reverted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int32_t code;
    uint16_t status;
    if (size < sizeof(code) + sizeof(status)) return 0;
    memcpy(&code, data, sizeof(code));
    memcpy(&status, data + sizeof(code), sizeof(status));
    size_t len = size - sizeof(code) - sizeof(status);
    char *text = malloc(len + 1); /* exactly len bytes are readable to it: no NUL to lean on */
    memcpy(text, data + sizeof(code) + sizeof(status), len);
    text = realloc(text, len > 0 ? len : 1);

    enum rpc_outcome outcome = rpc_error_classify(status, code, text, len);
    enum rpc_outcome by_text = rpc_error_classify(200, 0, text, len);
    check_outcome(outcome);
    check_outcome(by_text);
    if (by_text != RPC_NODE_ERROR && code != 3) assert(outcome == by_text);
    assert(code != 3 || outcome == RPC_REVERTED);
    assert(rpc_http_classify(status) != RPC_OK);
    check_case(text, len, by_text);
    check_reason(text, len);
    free(text);
    return 0;
}
