/* An index is filled with hundreds of millions of logs, so reading one is the hottest code there is. A log is judged
 * when all of it has been read. Owns nothing but what it appends to the caller's lists.
 * Any thread: functions on bytes. */
#include "log_scan.h"

#include <stdlib.h>
#include <string.h>

#include "log_list.h"

enum { WORD_BYTES = 32 };

/* One log as it is read, and where it goes. */
struct scanned {
    struct logs *out;
    const struct log_filter *filter;
    bool some; /* others than those that are asked for may be there */
    size_t *n_seen;
    struct log_place place;
    address token;
    hash32 topics[LOG_MAX_TOPICS];
    size_t n_topics;
    uint8_t data[WORD_BYTES]; /* of a transfer: no more is wanted of it */
    uint8_t *all_data;        /* where events are read: NULL of none; else to be freed */
    size_t data_len;
};

static bool read_token(struct json_scan *scan, void *arg) {
    return json_scan_address(scan, &((struct scanned *)arg)->token);
}

static bool read_topic(struct json_scan *scan, void *arg) {
    struct scanned *log = arg;
    return log->n_topics < LOG_MAX_TOPICS && json_scan_hash(scan, &log->topics[log->n_topics++]);
}

static bool read_topics(struct json_scan *scan, void *arg) {
    return json_scan_array(scan, read_topic, arg);
}

static bool read_data(struct json_scan *scan, void *arg) {
    struct scanned *log = arg;
    return json_scan_data(scan, log->data, sizeof(log->data), &log->data_len);
}

static bool read_all_data(struct json_scan *scan, void *arg) {
    struct scanned *log = arg;
    return json_scan_data_new(scan, &log->all_data, &log->data_len);
}

static bool read_block_number(struct json_scan *scan, void *arg) {
    return json_scan_u64(scan, &((struct scanned *)arg)->place.block_number);
}

static bool read_block_hash(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct scanned *)arg)->place.block_hash);
}

/* Not all nodes say, and null says as much. */
static bool read_timestamp(struct json_scan *scan, void *arg) {
    uint64_t *timestamp = &((struct scanned *)arg)->place.timestamp;
    return json_scan_null(scan) || (json_scan_u64(scan, timestamp) && *timestamp <= INT64_MAX);
}

static bool read_tx_hash(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct scanned *)arg)->place.tx_hash);
}

static bool read_log_index(struct json_scan *scan, void *arg) {
    uint64_t index;
    if (!json_scan_u64(scan, &index) || index > INT32_MAX) return false;
    ((struct scanned *)arg)->place.log_index = (uint32_t)index;
    return true;
}

static bool read_removed(struct json_scan *scan, void *arg) {
    (void)arg;
    bool removed;
    return json_scan_bool(scan, &removed) && !removed;
}

#define FIELD(name, required, read) \
    { name, sizeof(name) - 1, required, read }
#define FIELDS(read_its_data) \
    { \
        FIELD("address", true, read_token), FIELD("topics", true, read_topics), FIELD("data", true, read_its_data), \
            FIELD("blockNumber", true, read_block_number), FIELD("blockHash", true, read_block_hash), \
            FIELD("blockTimestamp", false, read_timestamp), FIELD("transactionHash", true, read_tx_hash), \
            FIELD("logIndex", true, read_log_index), FIELD("removed", false, read_removed), \
    }
enum { N_FIELDS = 9 };
static const struct json_scan_field fields[N_FIELDS] = FIELDS(read_data);
static const struct json_scan_field event_fields[N_FIELDS] = FIELDS(read_all_data);
#undef FIELDS
#undef FIELD

static bool is_in_blocks(const struct log_filter *filter, const struct log_place *place) {
    if (filter->block_hash != NULL && !hash32_equal(filter->block_hash, &place->block_hash)) return false;
    return place->block_number >= filter->from && place->block_number <= filter->to;
}

static bool is_transfer(const struct scanned *log) {
    return log->n_topics > 0 && log_filter_has_event(&log->topics[0]);
}

static void append_transfer(const struct scanned *log, const uint8_t *data) {
    struct transfer_log transfer = {.place = log->place, .token = log->token};
    switch (transfer_log_read(&transfer, log->topics, log->n_topics, data, log->data_len)) {
    case LOG_IS_TRANSFER:
        logs_append_transfer(log->out, &transfer);
        break;
    case LOG_IS_ODD:
        logs_append_odd(log->out, &(struct odd_log){.place = log->place,
                                                    .token = log->token,
                                                    .n_topics = (uint8_t)log->n_topics,
                                                    .data_len = (uint32_t)log->data_len});
        break;
    case LOG_IS_NFT:
        log->out->n_nft++;
        break;
    case LOG_IS_OTHER:
        break;
    }
}

static void append_event(struct scanned *log) {
    struct event_log event = {.place = log->place,
                              .contract = log->token,
                              .n_topics = (unsigned)log->n_topics,
                              .data = log->all_data,
                              .data_len = log->data_len};
    memcpy(event.topics, log->topics, log->n_topics * sizeof(*log->topics));
    logs_append_event_take(log->out, &event);
    log->all_data = NULL;
}

static bool read_place(struct json_scan *scan, struct scanned *log, const struct json_scan_field *with) {
    log->place.timestamp = 0;
    log->n_topics = 0;
    if (!json_scan_object(scan, with, N_FIELDS, log) || !is_in_blocks(log->filter, &log->place)) return false;
    ++*log->n_seen;
    return true;
}

static bool read_transfer(struct json_scan *scan, void *arg) {
    struct scanned *log = arg;
    if (!read_place(scan, log, fields)) return false;
    if (!is_transfer(log) || !log_filter_has_token(log->filter, &log->token)) return log->some;
    append_transfer(log, log->data);
    return true;
}

static bool take_event(struct scanned *log) {
    if (!log_filter_has_token(log->filter, &log->token)) return log->some;
    if (log->filter->kind == LOGS_BOTH && is_transfer(log)) append_transfer(log, log->all_data);
    append_event(log);
    return true;
}

static bool read_event(struct json_scan *scan, void *arg) {
    struct scanned *log = arg;
    bool read = read_place(scan, log, event_fields) && take_event(log);
    free(log->all_data);
    log->all_data = NULL;
    return read;
}

static bool read_logs(struct json_scan *scan, struct scanned *log) {
    return json_scan_array(scan, log->filter->kind == LOGS_TRANSFERS ? read_transfer : read_event, log);
}

bool log_scan_some(struct logs *out, size_t *n_seen, struct json_scan *scan, const struct log_filter *filter) {
    struct scanned log = {.out = out, .filter = filter, .some = true, .n_seen = n_seen};
    return read_logs(scan, &log);
}

bool log_scan(struct logs *out, size_t *n_seen, const char *text, size_t len, const struct log_filter *filter) {
    struct logs_mark mark = logs_mark(out);
    struct scanned log = {.out = out, .filter = filter, .n_seen = n_seen};
    struct json_scan scan;
    *n_seen = 0;
    json_scan_init(&scan, text, len);
    bool read = read_logs(&scan, &log) && json_scan_at_end(&scan) && logs_sort(out, mark);
    json_scan_free(&scan);
    if (!read) logs_reset(out, mark);
    return read;
}
