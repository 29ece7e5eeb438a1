/* Reads the result of eth_getLogs the slow and obvious way, by a tree: what the scanner has to agree with, and what it
 * is measured against. Owns nothing but what it appends.
 * One thread. */
#ifndef DAPPD_TESTS_LOG_REFERENCE_H
#define DAPPD_TESTS_LOG_REFERENCE_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_depth.h"
#include "eth/hex.h"
#include "rpc/log_filter.h"
#include "rpc/log_list.h"

static inline bool reference_bytes(uint8_t *out, size_t n, const json_t *value) {
    const char *text = json_string_value(value);
    return text != NULL && hex_decode_exact(out, n, text, json_string_length(value)) == ERR_OK;
}

static inline bool reference_u64(uint64_t *out, const json_t *value, uint64_t max) {
    const char *text = json_string_value(value);
    return text != NULL && hex_decode_u64(out, text, json_string_length(value)) == ERR_OK && *out <= max;
}

static inline bool reference_place(struct log_place *place, const json_t *log) {
    uint64_t index;
    const json_t *timestamp = json_object_get(log, "blockTimestamp");
    const json_t *removed = json_object_get(log, "removed");
    if (removed != NULL && !json_is_false(removed)) return false;
    place->timestamp = 0;
    if (timestamp != NULL && !json_is_null(timestamp) && !reference_u64(&place->timestamp, timestamp, INT64_MAX))
        return false;
    if (!reference_u64(&index, json_object_get(log, "logIndex"), INT32_MAX)) return false;
    place->log_index = (uint32_t)index;
    return reference_u64(&place->block_number, json_object_get(log, "blockNumber"), UINT64_MAX) &&
           reference_bytes(place->block_hash.bytes, 32, json_object_get(log, "blockHash")) &&
           reference_bytes(place->tx_hash.bytes, 32, json_object_get(log, "transactionHash"));
}

/* Returns the data, to be freed, or NULL. */
static inline uint8_t *reference_data(size_t *len, const json_t *value) {
    size_t cap = json_string_length(value) / 2 + 32;
    uint8_t *data = json_is_string(value) ? calloc(1, cap) : NULL;
    if (data != NULL && hex_decode(data, cap, len, json_string_value(value), json_string_length(value)) == ERR_OK) {
        return data;
    }
    free(data);
    return NULL;
}

static inline void reference_append(struct logs *out, struct transfer_log *log, const hash32 *topics, size_t n_topics,
                                    const uint8_t *data, size_t len) {
    struct odd_log odd = {
        .place = log->place, .token = log->token, .n_topics = (uint8_t)n_topics, .data_len = (uint32_t)len};
    enum log_verdict verdict = transfer_log_read(log, topics, n_topics, data, len);
    if (verdict == LOG_IS_TRANSFER) logs_append_transfer(out, log);
    if (verdict == LOG_IS_ODD) logs_append_odd(out, &odd);
    if (verdict == LOG_IS_NFT) out->n_nft++;
}

/* Takes over the data. */
static inline void reference_append_event(struct logs *out, const struct transfer_log *log, const hash32 *topics,
                                          size_t n_topics, uint8_t *data, size_t len) {
    struct event_log event = {
        .place = log->place, .contract = log->token, .n_topics = (unsigned)n_topics, .data = data, .data_len = len};
    for (size_t i = 0; i < n_topics; i++) event.topics[i] = topics[i];
    logs_append_event_take(out, &event);
}

static inline bool reference_log(struct logs *out, const json_t *log, const struct log_filter *filter) {
    struct transfer_log read = {.kind = TRANSFER_EVENT};
    hash32 topics[LOG_MAX_TOPICS];
    const json_t *list = json_object_get(log, "topics");
    size_t n_topics = json_array_size(list), len;
    bool transfers = filter->kind == LOGS_TRANSFERS;
    if (!json_is_array(list) || n_topics > LOG_MAX_TOPICS || (transfers && n_topics == 0)) return false;
    for (size_t i = 0; i < n_topics; i++) {
        if (!reference_bytes(topics[i].bytes, 32, json_array_get(list, i))) return false;
    }
    if (!reference_bytes(read.token.bytes, 20, json_object_get(log, "address"))) return false;
    if (!reference_place(&read.place, log)) return false;
    const struct log_place *place = &read.place;
    if (place->block_number < filter->from || place->block_number > filter->to) return false;
    if (filter->block_hash != NULL && memcmp(filter->block_hash, &place->block_hash, 32) != 0) return false;
    if ((transfers && !log_filter_has_event(&topics[0])) || !log_filter_has_token(filter, &read.token)) return false;
    uint8_t *data = reference_data(&len, json_object_get(log, "data"));
    if (data == NULL) return false;
    if (transfers || (filter->kind == LOGS_BOTH && n_topics > 0 && log_filter_has_event(&topics[0]))) {
        reference_append(out, &read, topics, n_topics, data, len);
    }
    if (transfers) {
        free(data);
    } else {
        reference_append_event(out, &read, topics, n_topics, data, len);
    }
    return true;
}

/* jansson passes over a NUL behind a word or a number, though no JSON holds one. */
static inline json_t *reference_parse(const char *text, size_t len, size_t flags) {
    if (memchr(text, '\0', len) != NULL || !json_depth_within(text, len, JSON_MAX_DEPTH)) return NULL;
    return json_loadb(text, len, JSON_ALLOW_NUL | flags, NULL);
}

/* As log_scan, except that of members that come twice the last one counts. */
static inline bool reference_scan(struct logs *out, size_t *n_seen, const char *text, size_t len,
                                  const struct log_filter *filter) {
    struct logs_mark mark = logs_mark(out);
    json_t *root = reference_parse(text, len, 0);
    bool valid = json_is_array(root);
    *n_seen = json_array_size(root);
    for (size_t i = 0; i < *n_seen && valid; i++) valid = reference_log(out, json_array_get(root, i), filter);
    json_decref(root);
    valid = valid && logs_sort(out, mark);
    if (!valid) logs_reset(out, mark);
    return valid;
}

#endif
