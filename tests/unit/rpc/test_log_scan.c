/* What nodes send as logs becomes the rows that viem sees in it, and what no node can mean is refused. The reference of
 * the fuzz target has to agree on all of it, and on what small changes make of it.
 * Each test frees the rows it read.
 * Runs on one thread, from the root of the checkout. */
#include "vectors.h"

#include "../../fuzz/log_reference.h"
#include "core/buf.h"
#include "rpc/log_scan.h"

enum { MIN_REPLIES = 40, MAX_ROWS_BYTES = 64 * 1024, MUTATIONS = 30 };

static struct log_filter every_contract(void) {
    struct logs_filter every = {.n_tokens = 0};
    struct log_filter filter;
    log_filter_init(&filter, &every);
    return filter;
}

static void append_place(struct buf *out, const struct log_place *place, const address *token) {
    char block[HASH32_TEXT_BYTES], tx[HASH32_TEXT_BYTES], contract[2 * sizeof(address) + 3];
    buf_printf(out, "%s%llu,%u,%llu,%s,%s,%s", out->len > 0 ? ";" : "", (unsigned long long)place->block_number,
               place->log_index, (unsigned long long)place->timestamp, hash32_format(block, &place->block_hash),
               hash32_format(tx, &place->tx_hash), hex_encode(contract, token->bytes, sizeof(address)));
}

static void append_transfer(struct buf *out, const struct transfer_log *log) {
    static const char *const names[] = {"transfer", "deposit", "withdrawal"};
    char from[2 * sizeof(address) + 3], to[2 * sizeof(address) + 3], amount[U256_DEC_BYTES];
    append_place(out, &log->place, &log->token);
    u256_to_dec(amount, &log->amount);
    buf_printf(out, ",%s,%s,%s,%s", names[log->kind], hex_encode(from, log->from.bytes, sizeof(address)),
               hex_encode(to, log->to.bytes, sizeof(address)), amount);
}

static void append_event(struct buf *out, const struct event_log *log) {
    append_place(out, &log->place, &log->contract);
    for (unsigned i = 0; i < log->n_topics; i++) {
        char topic[HASH32_TEXT_BYTES];
        buf_printf(out, ",%s", hash32_format(topic, &log->topics[i]));
    }
    buf_append_str(out, ",0x");
    for (size_t i = 0; i < log->data_len; i++) buf_printf(out, "%02x", log->data[i]);
}

/* Transfers and odd logs as one list, in order of their places; then the events. */
static char *write_rows(const struct logs *logs) {
    struct buf out;
    size_t t = 0, o = 0;
    buf_init(&out, MAX_ROWS_BYTES);
    while (t < logs->n_transfers || o < logs->n_odd) {
        const struct log_place *transfer = t < logs->n_transfers ? &logs->transfers[t].place : NULL;
        const struct log_place *odd = o < logs->n_odd ? &logs->odd[o].place : NULL;
        bool odd_next =
            transfer == NULL ||
            (odd != NULL && (odd->block_number < transfer->block_number ||
                             (odd->block_number == transfer->block_number && odd->log_index < transfer->log_index)));
        if (odd_next) {
            append_place(&out, odd, &logs->odd[o].token);
            buf_printf(&out, ",odd,%u,%u", logs->odd[o].n_topics, logs->odd[o].data_len);
            o++;
        } else {
            append_transfer(&out, &logs->transfers[t++]);
        }
    }
    for (size_t i = 0; i < logs->n_events; i++) append_event(&out, &logs->events[i]);
    buf_append_char(&out, '\0');
    assert_false(out.failed);
    return buf_take(&out, &(size_t){0});
}

/* Returns the rows as text, to be freed, or NULL when the text was refused. */
static char *scan(const char *text, size_t len, const struct log_filter *filter,
                  bool (*read)(struct logs *, size_t *, const char *, size_t, const struct log_filter *)) {
    struct logs logs;
    size_t n_seen;
    char *copy = malloc(len > 0 ? len : 1); /* no longer than it is, so that ASan sees one byte too many */
    memcpy(copy, text, len);
    logs_init(&logs);
    bool valid = read(&logs, &n_seen, copy, len, filter);
    char *rows = valid ? write_rows(&logs) : NULL;
    if (!valid) assert_true(logs.n_transfers == 0 && logs.n_odd == 0 && logs.n_nft == 0);
    if (!valid) assert_true(logs.n_events == 0 && logs.event_bytes == 0);
    logs_free(&logs);
    free(copy);
    return rows;
}

static void test_what_nodes_send(void **state) {
    (void)state;
    struct log_filter filter = every_contract();
    struct vectors v;
    vectors_open(&v, "log_replies.tsv");
    while (vectors_next(&v, 3)) {
        bool refused = strcmp(v.fields[1], "refused") == 0;
        char *rows = scan(v.fields[2], strlen(v.fields[2]), &filter, log_scan);
        if ((rows == NULL) != refused) fail_msg("%s", v.fields[0]);
        if (rows != NULL && strcmp(rows, v.fields[1]) != 0) fail_msg("%s: %s", v.fields[0], rows);
        free(rows);
    }
    vectors_close(&v, MIN_REPLIES);
}

static void test_nfts_are_counted(void **state) {
    (void)state;
    struct log_filter filter = every_contract();
    struct vectors v;
    bool found = false;
    vectors_open(&v, "log_replies.tsv");
    while (vectors_next(&v, 3)) {
        if (strcmp(v.fields[0], "all shapes") != 0) continue;
        struct logs logs;
        size_t n_seen;
        found = true;
        logs_init(&logs);
        assert_true(log_scan(&logs, &n_seen, v.fields[2], strlen(v.fields[2]), &filter));
        assert_int_equal(logs.n_nft, 1);
        assert_int_equal(logs.n_odd, 7);
        assert_int_equal(logs.n_transfers, 4);
        assert_int_equal(n_seen, 14);
        logs_free(&logs);
    }
    vectors_close(&v, MIN_REPLIES);
    assert_true(found);
}

/* Returns the first reply of the vectors, to be freed. */
static char *first_reply(void) {
    struct vectors v;
    vectors_open(&v, "log_replies.tsv");
    assert_true(vectors_next(&v, 3));
    char *reply = strdup(v.fields[2]);
    vectors_close(&v, 1);
    return reply;
}

static void assert_scans(const char *text, const struct log_filter *filter, bool want) {
    char *rows = scan(text, strlen(text), filter, log_scan);
    assert_true((rows != NULL) == want);
    free(rows);
}

/* The logs are in block 2 and 3, of two contracts. */
static void test_what_was_not_asked_for_is_refused(void **state) {
    (void)state;
    static const address stranger = {{0x12}};
    static const hash32 hash = {{0x12}};
    char *reply = first_reply();
    struct log_filter filter = every_contract();
    filter.from = 2, filter.to = 3;
    assert_scans(reply, &filter, true);
    filter.from = 3;
    assert_scans(reply, &filter, false);
    filter.from = 0, filter.to = 2;
    assert_scans(reply, &filter, false);
    filter.to = 3, filter.block_hash = &hash;
    assert_scans(reply, &filter, false);
    log_filter_free(&filter);
    log_filter_init(&filter, &(struct logs_filter){.tokens = &stranger, .n_tokens = 1});
    assert_scans(reply, &filter, false);
    assert_scans("[]", &filter, true);
    log_filter_free(&filter);
    free(reply);
}

/* What is there already stays, whatever comes. */
static void test_appends(void **state) {
    (void)state;
    char *reply = first_reply();
    struct log_filter filter = every_contract();
    struct logs logs;
    size_t n_seen;
    logs_init(&logs);
    assert_true(log_scan(&logs, &n_seen, reply, strlen(reply), &filter));
    size_t n = logs.n_transfers;
    assert_int_equal(n, n_seen);
    assert_false(log_scan(&logs, &n_seen, reply, strlen(reply) - 1, &filter));
    assert_int_equal(logs.n_transfers, n);
    assert_true(log_scan(&logs, &n_seen, reply, strlen(reply), &filter));
    assert_int_equal(logs.n_transfers, 2 * n);
    assert_memory_equal(&logs.transfers[0].place.tx_hash, &logs.transfers[n].place.tx_hash, sizeof(hash32));
    logs_clear(&logs);
    assert_int_equal(logs.n_transfers, 0);
    logs_free(&logs);
    free(reply);
}

/* Replaces, drops or doubles a few bytes. Returns the new length. */
static size_t mutate(char *text, size_t len, unsigned *seed) {
    static const char bytes[] = "\"\\{}[],: 0x9aAfu\n\t-.e\x80\xc3\x01tn";
    for (unsigned changes = 1 + (unsigned)rand_r(seed) % 3; changes > 0; changes--) {
        size_t at = (size_t)rand_r(seed) % len;
        unsigned kind = (unsigned)rand_r(seed) % 3;
        if (kind == 0) text[at] = bytes[(size_t)rand_r(seed) % (sizeof bytes - 1)];
        if (kind == 1) memmove(text + at, text + at + 1, --len - at);
        if (kind == 2) memmove(text + at + 1, text + at, len++ - at);
    }
    return len;
}

static bool has_twins(const char *text, size_t len) {
    json_t *root = reference_parse(text, len, JSON_REJECT_DUPLICATES);
    json_decref(root);
    return root == NULL;
}

static void check_agrees(enum logs_kind kind) {
    struct log_filter filter = every_contract();
    struct vectors v;
    unsigned seed = 1;
    filter.kind = kind;
    vectors_open(&v, "log_replies.tsv");
    while (vectors_next(&v, 3)) {
        size_t len = strlen(v.fields[2]);
        char *text = malloc(len + 8);
        for (unsigned i = 0; i < MUTATIONS && len > 8; i++) {
            memcpy(text, v.fields[2], len);
            size_t n = mutate(text, len, &seed);
            char *ours = scan(text, n, &filter, log_scan), *theirs = scan(text, n, &filter, reference_scan);
            bool same =
                ours != NULL ? theirs != NULL && strcmp(ours, theirs) == 0 : theirs == NULL || has_twins(text, n);
            if (!same) fail_msg("%s: %.*s", v.fields[0], (int)n, text);
            free(ours);
            free(theirs);
        }
        free(text);
    }
    vectors_close(&v, MIN_REPLIES);
}

static void test_agrees_with_the_reference(void **state) {
    (void)state;
    check_agrees(LOGS_TRANSFERS);
    check_agrees(LOGS_EVENTS);
    check_agrees(LOGS_BOTH);
}

#define HASH "0x1111111111111111111111111111111111111111111111111111111111111111"
#define CONTRACT "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LOG(index, topics, data) \
    "{\"address\":\"" CONTRACT "\",\"topics\":[" topics "],\"data\":\"" data "\",\"blockNumber\":\"0x2\"," \
    "\"blockHash\":\"" HASH "\",\"transactionHash\":\"" HASH "\",\"logIndex\":\"" index "\",\"removed\":false}"

/* Whatever their topics and data are, and in order of their places; a place stands for one log. */
static void test_events_are_kept_as_they_are(void **state) {
    (void)state;
    static const char reply[] = "[" LOG("0x1", "\"" HASH "\"",
                                        "0x0102030405060708090a0b0c0d0e0f101112131415161718"
                                        "191a1b1c1d1e1f202122") "," LOG("0x0", "", "0x") "]";
    static const char twice[] = "[" LOG("0x0", "", "0x") "," LOG("0x0", "", "0x01") "]";
    static const char rows[] = "2,0,0," HASH "," HASH "," CONTRACT ",0x;2,1,0," HASH "," HASH "," CONTRACT "," HASH
                               ",0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122";
    struct log_filter filter = every_contract();
    filter.kind = LOGS_EVENTS;
    char *read = scan(reply, strlen(reply), &filter, log_scan);
    assert_non_null(read);
    assert_string_equal(read, rows);
    free(read);
    assert_scans(twice, &filter, false);
    filter.kind = LOGS_TRANSFERS;
    assert_scans(reply, &filter, false);
}

static void test_events_are_asked_for_whatever_their_topics(void **state) {
    (void)state;
    struct log_filter filter = every_contract();
    struct buf params;
    buf_init(&params, 4096);
    log_filter_params(&params, &filter);
    assert_non_null(strstr(params.data, "topics"));
    filter.kind = LOGS_EVENTS;
    buf_clear(&params);
    log_filter_params(&params, &filter);
    assert_null(strstr(params.data, "topics"));
    buf_free(&params);
}

/* What waits to be written is bounded by it: a megabyte of data is thousands of rows. */
static void test_long_data_weighs(void **state) {
    (void)state;
    const struct logs logs = {.n_transfers = 1, .n_odd = 2, .n_events = 3, .event_bytes = 1024 * 1024};
    assert_int_equal(logs_weight(&logs), 6 + 4096);
}

/* A receipt's logs are read as both. */
static void test_transfers_are_events_too(void **state) {
    (void)state;
    char *reply = first_reply();
    struct log_filter filter = every_contract();
    struct logs transfers, both;
    size_t n_seen;
    logs_init(&transfers);
    logs_init(&both);
    assert_true(log_scan(&transfers, &n_seen, reply, strlen(reply), &filter));
    filter.kind = LOGS_BOTH;
    assert_true(log_scan(&both, &n_seen, reply, strlen(reply), &filter));
    assert_int_equal(both.n_transfers, transfers.n_transfers);
    assert_memory_equal(both.transfers, transfers.transfers, transfers.n_transfers * sizeof *transfers.transfers);
    assert_int_equal(both.n_events, n_seen);
    assert_int_equal(both.event_bytes, 32 * n_seen);
    assert_true(logs_weight(&both) > logs_weight(&transfers));
    logs_free(&transfers);
    logs_free(&both);
    free(reply);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_nodes_send),
        cmocka_unit_test(test_nfts_are_counted),
        cmocka_unit_test(test_what_was_not_asked_for_is_refused),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_agrees_with_the_reference),
        cmocka_unit_test(test_events_are_kept_as_they_are),
        cmocka_unit_test(test_transfers_are_events_too),
        cmocka_unit_test(test_events_are_asked_for_whatever_their_topics),
        cmocka_unit_test(test_long_data_weighs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
