/* Feeds any text to the parser of JSON-RPC replies, as the reply to as many calls as the first byte says. What it makes
 * of it must be consistent, must survive being written down properly and read again, and leads to calls that are
 * either answered or explained.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "rpc/answer.h"
#include "rpc/errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_CALLS = 8, FIRST_ID = 1, ARENA_BYTES = 4 * 1024 * 1024 };

static void check_shape(const struct codec_reply *reply, const struct codec_item *items, size_t n) {
    assert((reply->error != NULL) == (reply->kind == CODEC_WHOLE_ERROR));
    assert(reply->root != NULL || reply->kind == CODEC_NONSENSE);
    size_t answered = 0;
    for (size_t i = 0; i < n; i++) {
        assert((items[i].value != NULL) == (items[i].kind == CODEC_RESULT || items[i].kind == CODEC_ERROR));
        answered += items[i].kind != CODEC_MISSING;
    }
    assert((answered > 0) == (reply->kind == CODEC_ITEMS));
}

/* The items, last first, as a well-behaved node would have sent them. */
static char *write_reply(const struct codec_item *items, size_t n) {
    json_t *replies = json_array();
    for (size_t i = n; i > 0; i--) {
        const struct codec_item *item = &items[i - 1];
        if (item->value == NULL) continue;
        json_t *reply = json_pack("{sI}", "id", (json_int_t)(FIRST_ID + i - 1));
        json_object_set_new(reply, item->kind == CODEC_ERROR ? "error" : "result", json_deep_copy(item->value));
        json_array_append_new(replies, reply);
    }
    char *text =
        json_dumps(n == 1 && json_array_size(replies) == 1 ? json_array_get(replies, 0) : replies, JSON_COMPACT);
    json_decref(replies);
    return text;
}

static void check_round_trip(const struct codec_item *items, size_t n) {
    struct codec_item again[MAX_CALLS];
    struct codec_reply reply;
    char *text = write_reply(items, n);
    codec_parse(&reply, again, n, FIRST_ID, text, strlen(text));
    for (size_t i = 0; i < n; i++) {
        if (items[i].value == NULL) {
            assert(again[i].kind == CODEC_MISSING);
        } else {
            assert(again[i].kind == items[i].kind && json_equal(again[i].value, items[i].value));
        }
    }
    json_decref(reply.root);
    free(text);
}

static void check_clean(const char *text) {
    char clean[TASK_DETAIL_BYTES];
    utf8_clean(clean, sizeof(clean), text, strlen(text));
    assert(strcmp(clean, text) == 0);
}

static void check_call(struct task *task, const char *method, const struct codec_item *item) {
    struct rpc_call call = {.method = method, .params = "[]"};
    answer_clear(&call);
    enum rpc_outcome outcome = answer_take(task, &call, item, 200);
    assert(outcome == call.outcome && call.outcome < RPC_OUTCOME_COUNT);
    assert((call.outcome == RPC_OK) == (call.err == ERR_OK));
    assert((call.outcome == RPC_OK) == (call.result != NULL));
    assert((call.outcome == RPC_OK) == (call.detail[0] == '\0'));
    assert(call.revert_data == NULL || call.outcome == RPC_REVERTED);
    check_clean(call.detail);
    const uint8_t *bytes;
    size_t len;
    if (call.outcome == RPC_OK && rpc_result_bytes(task, &bytes, &len, &call) == ERR_OK) {
        assert(2 * len + 2 == json_string_length(call.result));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const methods[] = {"eth_call", "eth_getBlockByNumber", "eth_getBalance", "eth_getLogs"};
    if (size == 0) return 0;
    size_t n = data[0] % MAX_CALLS + 1;
    struct codec_item items[MAX_CALLS];
    struct codec_reply reply;
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    codec_parse(&reply, items, n, FIRST_ID, (const char *)data + 1, size - 1);
    check_shape(&reply, items, n);
    if (reply.kind == CODEC_ITEMS) check_round_trip(items, n);
    for (size_t i = 0; i < n; i++) check_call(&task, methods[i % 4], &items[i]);
    json_decref(reply.root);
    arena_free(task.arena);
    return 0;
}
