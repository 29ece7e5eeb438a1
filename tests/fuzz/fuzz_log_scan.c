/* Feeds any text to the scanner of logs. It and the reference, which makes a tree, have to come to the same rows or
 * both refuse; where a member comes twice only the scanner refuses. The first byte chooses what was asked for.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "log_reference.h"
#include "rpc/log_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_twins(const char *text, size_t len) {
    json_t *root = reference_parse(text, len, JSON_REJECT_DUPLICATES);
    json_decref(root);
    return root == NULL;
}

static void check_place(const struct log_place *a, const struct log_place *b) {
    assert(a->block_number == b->block_number && a->log_index == b->log_index && a->timestamp == b->timestamp);
    assert(hash32_equal(&a->block_hash, &b->block_hash) && hash32_equal(&a->tx_hash, &b->tx_hash));
}

static void check_same(const struct logs *a, const struct logs *b) {
    assert(a->n_transfers == b->n_transfers && a->n_odd == b->n_odd && a->n_nft == b->n_nft);
    assert(a->n_events == b->n_events && a->event_bytes == b->event_bytes);
    for (size_t i = 0; i < a->n_transfers; i++) {
        const struct transfer_log *x = &a->transfers[i], *y = &b->transfers[i];
        check_place(&x->place, &y->place);
        assert(x->kind == y->kind && address_equal(&x->token, &y->token) && address_equal(&x->from, &y->from));
        assert(address_equal(&x->to, &y->to) && u256_cmp(&x->amount, &y->amount) == 0);
    }
    for (size_t i = 0; i < a->n_odd; i++) {
        const struct odd_log *x = &a->odd[i], *y = &b->odd[i];
        check_place(&x->place, &y->place);
        assert(x->n_topics == y->n_topics && x->data_len == y->data_len && address_equal(&x->token, &y->token));
    }
    for (size_t i = 0; i < a->n_events; i++) {
        const struct event_log *x = &a->events[i], *y = &b->events[i];
        check_place(&x->place, &y->place);
        assert(x->n_topics == y->n_topics && x->data_len == y->data_len && address_equal(&x->contract, &y->contract));
        assert(memcmp(x->topics, y->topics, x->n_topics * sizeof *x->topics) == 0);
        assert(x->data_len == 0 || memcmp(x->data, y->data, x->data_len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const address token = {{0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
                                   0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa}};
    static const hash32 hash = {{0}};
    struct logs scanned, expected;
    struct log_filter filter;
    size_t n_scanned, n_expected;
    if (size == 0) return 0;
    static const enum logs_kind kinds[] = {LOGS_TRANSFERS, LOGS_EVENTS, LOGS_BOTH, LOGS_EVENTS};
    const struct logs_filter wanted = {.kind = kinds[data[0] >> 3 & 3], .tokens = &token, .n_tokens = data[0] & 1};
    log_filter_init(&filter, &wanted);
    if ((data[0] & 2) != 0) filter.from = 0x10;
    if ((data[0] & 4) != 0) filter.block_hash = &hash;
    char *text = malloc(size > 1 ? size - 1 : 1); /* no longer than it is, so that ASan sees one byte too many */
    memcpy(text, data + 1, size - 1);
    logs_init(&scanned);
    logs_init(&expected);
    bool ours = log_scan(&scanned, &n_scanned, text, size - 1, &filter);
    bool theirs = reference_scan(&expected, &n_expected, text, size - 1, &filter);
    if (!theirs || !has_twins(text, size - 1)) assert(ours == theirs);
    if (ours) {
        assert(theirs && n_scanned == n_expected);
        check_same(&scanned, &expected);
    }
    logs_free(&scanned);
    logs_free(&expected);
    log_filter_free(&filter);
    free(text);
    return 0;
}
