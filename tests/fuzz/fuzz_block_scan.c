/* Feeds any text to the scanners of headers and receipts. A header has to be what the reader of parsed blocks makes of
 * the same text; a receipt has to be consistent with itself. The first byte chooses.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_depth.h"
#include "rpc/block_json.h"
#include "rpc/header_scan.h"
#include "rpc/receipt_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(const char *text, size_t len) {
    struct header header;
    struct block_ref block;
    if (!header_scan(&header, text, len)) return;
    json_t *root = json_depth_within(text, len, JSON_MAX_DEPTH) ? json_loadb(text, len, JSON_ALLOW_NUL, NULL) : NULL;
    assert(block_json_read(&block, root) && block.number == header.block.number);
    assert(block.timestamp == header.block.timestamp && hash32_equal(&block.hash, &header.block.hash));
    assert(hash32_equal(&block.parent_hash, &header.block.parent_hash));
    assert((json_array_size(json_object_get(root, "transactions")) > 0) == header.has_transactions);
    json_decref(root);
}

static void check_receipt(const char *text, size_t len) {
    static const hash32 tx = {{0xcd}};
    struct receipt receipt = {.state = RECEIPT_UNKNOWN};
    logs_init(&receipt.logs);
    if (receipt_scan(&receipt, text, len, &tx)) {
        for (size_t i = 0; i < receipt.logs.n_transfers; i++) {
            const struct log_place *place = &receipt.logs.transfers[i].place;
            assert(hash32_equal(&place->tx_hash, &tx) && place->block_number == receipt.block.number);
        }
        json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
        assert(json_is_object(root));
        json_decref(root);
    }
    logs_free(&receipt.logs);
}

static void check_receipts(const char *text, size_t len) {
    static const hash32 hash = {{0}};
    struct logs_filter every = {.n_tokens = 0};
    struct log_filter filter;
    struct logs logs;
    size_t n_receipts, n_seen;
    logs_init(&logs);
    log_filter_init(&filter, &every);
    filter.block_hash = &hash;
    if (receipts_scan_logs(&logs, &n_receipts, &n_seen, text, len, &filter)) {
        json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
        assert(json_array_size(root) == n_receipts && logs.n_transfers + logs.n_odd + logs.n_nft <= n_seen);
        json_decref(root);
    } else {
        assert(logs.n_transfers == 0 && logs.n_odd == 0 && logs.n_nft == 0);
    }
    logs_free(&logs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const checks[])(const char *text, size_t len) = {check_header, check_receipt, check_receipts};
    if (size == 0) return 0;
    char *text = malloc(size > 1 ? size - 1 : 1); /* no longer than it is, so that ASan sees one byte too many */
    memcpy(text, data + 1, size - 1);
    checks[data[0] % 3](text, size - 1);
    free(text);
    return 0;
}
