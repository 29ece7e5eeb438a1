/* What was asked for is compared with every log that comes, so the contracts are kept sorted.
 * The filter owns its copy of them.
 * Any thread: constant once made. */
#include "log_filter.h"

#include <stdlib.h>
#include <string.h>

#include "eth/erc20.h"
#include "eth/hex.h"

static const enum erc20_topic events[] = {ERC20_TOPIC_TRANSFER, ERC20_TOPIC_DEPOSIT, ERC20_TOPIC_WITHDRAWAL};

enum { N_EVENTS = sizeof(events) / sizeof(events[0]), HASH_HEX_BYTES = 2 * sizeof(hash32) + 3 };

void log_filter_init(struct log_filter *filter, const struct logs_filter *wanted) {
    *filter = (struct log_filter){.kind = wanted->kind, .n_tokens = wanted->n_tokens, .to = UINT64_MAX};
    if (wanted->n_tokens == 0) return;
    filter->tokens = calloc(wanted->n_tokens, sizeof(address));
    if (filter->tokens == NULL) abort();
    memcpy(filter->tokens, wanted->tokens, wanted->n_tokens * sizeof(address));
    qsort(filter->tokens, filter->n_tokens, sizeof(address), address_compare);
}

void log_filter_free(struct log_filter *filter) {
    free(filter->tokens);
    filter->tokens = NULL;
}

int log_filter_each_part(const struct log_filter *filter, log_filter_ask ask, void *arg) {
    struct log_filter part = *filter;
    size_t left = filter->n_tokens;
    int result;
    while (left > LOG_FILTER_MAX_TOKENS) {
        part.n_tokens = LOG_FILTER_MAX_TOKENS;
        result = ask(&part, arg);
        if (result != 0) return result;
        part.tokens += part.n_tokens;
        left -= part.n_tokens;
    }
    part.n_tokens = left;
    return ask(&part, arg);
}

bool log_filter_has_token(const struct log_filter *filter, const address *token) {
    if (filter->n_tokens == 0) return true;
    return bsearch(token, filter->tokens, filter->n_tokens, sizeof(address), address_compare) != NULL;
}

bool log_filter_has_event(const hash32 *topic) {
    for (size_t i = 0; i < N_EVENTS; i++) {
        if (hash32_equal(topic, &erc20_events[events[i]].topic)) return true;
    }
    return false;
}

static bool bloom_has_token(const struct log_filter *filter, const uint8_t bloom[BLOOM_BYTES]) {
    for (size_t i = 0; i < filter->n_tokens; i++) {
        if (bloom_may_have(bloom, filter->tokens[i].bytes, sizeof(address))) return true;
    }
    return filter->n_tokens == 0;
}

bool log_filter_bloom(const struct log_filter *filter, const uint8_t bloom[BLOOM_BYTES]) {
    bool any_event = filter->kind != LOGS_TRANSFERS;
    for (size_t i = 0; i < N_EVENTS && !any_event; i++) {
        any_event = bloom_may_have(bloom, erc20_events[events[i]].topic.bytes, sizeof(hash32));
    }
    return any_event && bloom_has_token(filter, bloom);
}

/* Appends ,"0x..." without the comma for the first. */
static void append_hex(struct buf *out, size_t i, const uint8_t *bytes, size_t n) {
    char hex[HASH_HEX_BYTES];
    buf_printf(out, "%s\"%s\"", i > 0 ? "," : "", hex_encode(hex, bytes, n));
}

static void append_blocks(struct buf *out, const struct log_filter *filter) {
    char from[HASH_HEX_BYTES], to[HASH_HEX_BYTES];
    if (filter->block_hash != NULL) {
        buf_printf(out, "\"blockHash\":\"%s\"", hash32_format(from, filter->block_hash));
    } else {
        buf_printf(out, "\"fromBlock\":\"%s\",\"toBlock\":\"%s\"", hex_encode_u64(from, filter->from),
                   hex_encode_u64(to, filter->to));
    }
}

static void append_tokens(struct buf *out, const struct log_filter *filter) {
    if (filter->n_tokens == 0) return;
    buf_append_str(out, ",\"address\":[");
    for (size_t i = 0; i < filter->n_tokens; i++) append_hex(out, i, filter->tokens[i].bytes, sizeof(address));
    buf_append_str(out, "]");
}

static void append_topics(struct buf *out, const struct log_filter *filter) {
    if (filter->kind != LOGS_TRANSFERS) return;
    buf_append_str(out, ",\"topics\":[[");
    for (size_t i = 0; i < N_EVENTS; i++) append_hex(out, i, erc20_events[events[i]].topic.bytes, sizeof(hash32));
    buf_append_str(out, "]]");
}

void log_filter_params(struct buf *out, const struct log_filter *filter) {
    buf_append_str(out, "[{");
    append_blocks(out, filter);
    append_tokens(out, filter);
    append_topics(out, filter);
    buf_append(out, "}]", sizeof "}]"); /* with its NUL */
}
