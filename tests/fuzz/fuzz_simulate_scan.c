/* Feeds rpc/simulate_scan any reply: whatever is taken, jansson must read the same in the text, and nothing is kept of
 * what failed but what it reverted with.
 * Owns an arena for each input.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "eth/hex.h"
#include "rpc/simulate_scan.h"
#include "rpc/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 16 * 1024 * 1024 };

static void check_bytes(const uint8_t *bytes, size_t len, const json_t *want) {
    char *text = malloc(2 * len + 3);
    assert(text != NULL && strcasecmp(hex_encode(text, bytes, len), json_string_value(want)) == 0);
    free(text);
}

static void check_log(const struct event_log *log, const json_t *want) {
    const json_t *topics = json_object_get(want, "topics");
    char address_text[ADDRESS_TEXT_BYTES], topic[HASH32_TEXT_BYTES];
    const char *contract = json_string_value(json_object_get(want, "address"));
    assert(strcasecmp(address_format(address_text, &log->contract), contract) == 0);
    assert(log->n_topics == json_array_size(topics) && log->n_topics <= LOG_MAX_TOPICS);
    for (unsigned i = 0; i < log->n_topics; i++) {
        assert(strcasecmp(hash32_format(topic, &log->topics[i]), json_string_value(json_array_get(topics, i))) == 0);
    }
    check_bytes(log->data, log->data_len, json_object_get(want, "data"));
}

static void check_success(const struct simulated *have, const json_t *call) {
    const json_t *logs = json_object_get(call, "logs");
    check_bytes(have->bytes, have->len, json_object_get(call, "returnData"));
    assert(have->n_logs == json_array_size(logs));
    for (size_t i = 0; i < have->n_logs; i++) check_log(&have->logs[i], json_array_get(logs, i));
}

static void check_failure(const struct simulated *have) {
    assert(have->outcome == RPC_REVERTED || have->outcome == RPC_OUT_OF_GAS);
    assert(have->n_logs == 0 && have->len <= STATE_MAX_REVERT_BYTES && (have->bytes == NULL) == (have->len == 0));
}

/* The text again, read without our code. */
static void check_against_jansson(const struct simulated *have, const char *text, size_t len) {
    uint64_t gas;
    json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    assert(json_array_size(root) == 1);
    const json_t *calls = json_object_get(json_array_get(root, 0), "calls"), *call = json_array_get(calls, 0);
    const json_t *gas_used = json_object_get(call, "gasUsed");
    assert(json_array_size(calls) == 1 && have->traced);
    assert(hex_decode_u64(&gas, json_string_value(gas_used), json_string_length(gas_used)) == ERR_OK);
    assert(gas == have->gas_used);
    if (have->outcome == RPC_OK) {
        check_success(have, call);
    } else {
        check_failure(have);
    }
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new(ARENA_BYTES);
    struct simulated simulated;
    bool full;
    if (simulate_scan(&simulated, &full, arena, (const char *)data, size)) {
        check_against_jansson(&simulated, (const char *)data, size);
    }
    arena_free(arena);
    return 0;
}
