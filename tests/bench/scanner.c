/* How fast the scanner turns the text of eth_getLogs into rows, beside jansson making a tree of the same bytes and rows
 * of that. Both read the same text in turn, round by round, so that what disturbs the machine disturbs both.
 * Owns the text and the rows.
 * One thread. usage: scanner SECONDS. Prints JSON. */
#include <stdio.h>

#include "../fuzz/log_reference.h"
#include "core/clock.h"
#include "eth/erc20.h"
#include "rpc/log_scan.h"

enum { N_LOGS = 20000, LOGS_PER_BLOCK = 200, MAX_TEXT_BYTES = 64 * 1024 * 1024 };

/* A log as geth writes it. */
static void append_log(struct buf *out, unsigned i) {
    char topic[HASH32_TEXT_BYTES];
    buf_printf(out,
               "{\"address\":\"0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48\",\"topics\":[\"%s\","
               "\"0x000000000000000000000000%08xb3f879cb30fe243b4dfee43892691c04\","
               "\"0x000000000000000000000000%08x4b7fd4a5d4f9e1dd2a3c1b075de2a91f\"],\"data\":\"0x%064x\","
               "\"blockNumber\":\"0x%x\",\"transactionHash\":\"0x%056x%08x\",\"transactionIndex\":\"0x%x\","
               "\"blockHash\":\"0x%064x\",\"blockTimestamp\":\"0x%x\",\"logIndex\":\"0x%x\",\"removed\":false}",
               hash32_format(topic, &erc20_events[ERC20_TOPIC_TRANSFER].topic), i * 2654435761u, i * 40503u,
               i * 1000003u, 0x112a880 + i / LOGS_PER_BLOCK, 0x5ca1ab1e, i, i % LOGS_PER_BLOCK,
               0x112a880 + i / LOGS_PER_BLOCK, 0x65f1b057 + i / LOGS_PER_BLOCK, i % LOGS_PER_BLOCK);
}

static void make_text(struct buf *out) {
    buf_init(out, MAX_TEXT_BYTES);
    buf_append_char(out, '[');
    for (unsigned i = 0; i < N_LOGS; i++) {
        if (i > 0) buf_append_char(out, ',');
        append_log(out, i);
    }
    buf_append_char(out, ']');
    if (out->failed) abort();
}

typedef bool (*reading)(struct logs *out, size_t *n_seen, const char *text, size_t len,
                        const struct log_filter *filter);

/* The tree alone. */
static bool make_tree(struct logs *out, size_t *n_seen, const char *text, size_t len, const struct log_filter *filter) {
    (void)filter;
    json_t *root = json_loadb(text, len, 0, NULL);
    *n_seen = json_array_size(root);
    json_decref(root);
    out->n_transfers = *n_seen;
    return *n_seen > 0;
}

/* Returns the time of one reading. */
static uint64_t measure_us(reading read, struct logs *logs, const struct buf *text, const struct log_filter *filter) {
    size_t n_seen;
    logs_clear(logs);
    uint64_t start_us = clock_now_us();
    bool valid = read(logs, &n_seen, text->data, text->len, filter);
    uint64_t us = clock_now_us() - start_us;
    if (!valid || n_seen != N_LOGS || logs->n_transfers != N_LOGS) abort();
    return us;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        reading read;
    } ways[] = {{"scanner", log_scan}, {"jansson, rows", reference_scan}, {"jansson, tree alone", make_tree}};
    enum { N_WAYS = sizeof(ways) / sizeof(ways[0]) };
    uint64_t best_us[N_WAYS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    uint64_t end_us = clock_now_us() + (argc > 1 ? strtoull(argv[1], NULL, 10) : 1) * 1000000;
    struct logs_filter every = {.n_tokens = 0};
    struct log_filter filter;
    struct logs logs;
    struct buf text;
    make_text(&text);
    log_filter_init(&filter, &every);
    logs_init(&logs);
    do {
        for (size_t i = 0; i < N_WAYS; i++) {
            uint64_t us = measure_us(ways[i].read, &logs, &text, &filter);
            if (us < best_us[i]) best_us[i] = us;
        }
    } while (clock_now_us() < end_us);
    (void)printf("{\"logs\":%d,\"bytes\":%zu,\"ways\":[", N_LOGS, text.len);
    for (size_t i = 0; i < N_WAYS; i++) {
        (void)printf("%s{\"name\":\"%s\",\"us\":%llu}", i > 0 ? "," : "", ways[i].name, (unsigned long long)best_us[i]);
    }
    (void)printf("]}\n");
    logs_free(&logs);
    log_filter_free(&filter);
    buf_free(&text);
    return 0;
}
