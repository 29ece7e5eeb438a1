/* Feeds any JSON to the readers of headers and fee histories: what is read is bounded, and fits the header that it was
 * held against.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>

#include "core/json_depth.h"
#include "rpc/fee_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_amount(const u256 *amount) {
    assert(amount->limb[2] == 0 && amount->limb[3] == 0);
}

static void check_header(const struct fee_header *header) {
    assert(header->gas_limit >= 2 && header->gas_used <= header->gas_limit);
    if (header->has_base_fee) check_amount(&header->base_fee);
}

static void check_history(const struct fee_history *history, const struct fee_question *question) {
    assert(history->n >= 1 && history->n <= question->n);
    if (question->head->has_base_fee) {
        assert(u256_cmp(&history->base_fees[history->n - 1], &question->head->base_fee) == 0);
        check_amount(&history->base_fees[history->n]);
    }
    for (size_t i = 0; i < history->n; i++) {
        assert(history->used[i] <= FEE_ALL_USED);
        for (size_t p = 0; p < FEE_PERCENTILES && history->has_rewards; p++) {
            check_amount(&history->rewards[i][p]);
            assert(p == 0 || u256_cmp(&history->rewards[i][p - 1], &history->rewards[i][p]) <= 0);
        }
    }
}

static void read_history(const json_t *json, bool has_base_fee, size_t n) {
    const struct fee_header head = {
        .gas_limit = 30000000, .has_base_fee = has_base_fee, .base_fee = {{11}}, .has_blobs = has_base_fee};
    const struct fee_question question = {.last = 9, .n = n, .head = &head};
    struct fee_history history;
    u256 blob_base_fee;
    bool has_blob_base_fee;
    if (!fee_json_history(&history, &blob_base_fee, &has_blob_base_fee, json, &question)) return;
    check_history(&history, &question);
    if (has_blob_base_fee) check_amount(&blob_base_fee);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const hash32 hash = {{[31] = 0xab}};
    struct fee_header header;
    if (!json_depth_within((const char *)data, size, JSON_MAX_DEPTH)) return 0;
    json_t *json = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (fee_json_header(&header, json, &hash)) check_header(&header);
    read_history(json, true, FEE_HISTORY_BLOCKS);
    read_history(json, false, 2);
    json_decref(json);
    return 0;
}
