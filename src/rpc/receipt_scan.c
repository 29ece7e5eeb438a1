/* A block's receipts hold all of its logs, wanted or not, so most of what is read here is left out. Owns nothing but
 * what it appends to the caller's lists.
 * Any thread: functions on bytes. */
#include "receipt_scan.h"

#include "json_scan.h"
#include "log_list.h"
#include "log_scan.h"

/* One receipt as it is read. */
struct scanned {
    struct receipt *out;
    hash32 tx;
    bool has_root;
};

static bool read_tx(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct scanned *)arg)->tx);
}

static bool read_block_hash(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct scanned *)arg)->out->block.hash);
}

static bool read_block_number(struct json_scan *scan, void *arg) {
    return json_scan_u64(scan, &((struct scanned *)arg)->out->block.number);
}

static bool read_index(struct json_scan *scan, void *arg) {
    uint64_t index;
    if (!json_scan_u64(scan, &index) || index > INT32_MAX) return false;
    ((struct scanned *)arg)->out->index = (uint32_t)index;
    return true;
}

static bool read_status(struct json_scan *scan, void *arg) {
    uint64_t status;
    if (json_scan_null(scan)) return true;
    if (!json_scan_u64(scan, &status) || status > 1) return false;
    struct receipt *out = ((struct scanned *)arg)->out;
    out->has_status = true;
    out->succeeded = status == 1;
    return true;
}

/* What receipts had in place of a status before Byzantium. */
static bool read_root(struct json_scan *scan, void *arg) {
    struct scanned *receipt = arg;
    hash32 root;
    if (json_scan_null(scan)) return true;
    receipt->has_root = true;
    return json_scan_hash(scan, &root);
}

static bool read_from(struct json_scan *scan, void *arg) {
    return json_scan_address(scan, &((struct scanned *)arg)->out->from);
}

static bool read_to(struct json_scan *scan, void *arg) {
    struct receipt *out = ((struct scanned *)arg)->out;
    if (json_scan_null(scan)) return true;
    out->has_to = true;
    return json_scan_address(scan, &out->to);
}

static bool read_contract(struct json_scan *scan, void *arg) {
    struct receipt *out = ((struct scanned *)arg)->out;
    if (json_scan_null(scan)) return true;
    out->has_contract = true;
    return json_scan_address(scan, &out->contract);
}

static bool read_gas(struct json_scan *scan, void *arg) {
    return json_scan_u256(scan, &((struct scanned *)arg)->out->gas_used);
}

static bool read_gas_price(struct json_scan *scan, void *arg) {
    struct receipt *out = ((struct scanned *)arg)->out;
    if (json_scan_null(scan)) return true;
    out->has_gas_price = true;
    return json_scan_u256(scan, &out->gas_price);
}

static bool read_logs(struct json_scan *scan, void *arg) {
    struct logs_filter every = {.kind = LOGS_BOTH};
    struct log_filter filter;
    size_t n_seen = 0;
    log_filter_init(&filter, &every);
    return log_scan_some(&((struct scanned *)arg)->out->logs, &n_seen, scan, &filter);
}

#define FIELD(name, required, read) \
    { name, sizeof(name) - 1, required, read }
static const struct json_scan_field fields[] = {
    FIELD("transactionHash", true, read_tx),
    FIELD("blockHash", true, read_block_hash),
    FIELD("blockNumber", true, read_block_number),
    FIELD("transactionIndex", true, read_index),
    FIELD("status", false, read_status),
    FIELD("root", false, read_root),
    FIELD("from", true, read_from),
    FIELD("to", false, read_to),
    FIELD("contractAddress", false, read_contract),
    FIELD("gasUsed", true, read_gas),
    FIELD("effectiveGasPrice", false, read_gas_price),
    FIELD("logs", true, read_logs),
};

/* What a log has to agree with. */
struct expected {
    const struct receipt *receipt;
    const hash32 *tx;
    bool differs;
};

static void compare_place(struct log_place *place, void *arg) {
    struct expected *expected = arg;
    const struct block_ref *block = &expected->receipt->block;
    bool same_block = place->block_number == block->number && hash32_equal(&place->block_hash, &block->hash);
    if (!same_block || !hash32_equal(&place->tx_hash, expected->tx)) expected->differs = true;
}

bool receipt_scan(struct receipt *out, const char *text, size_t len, const hash32 *tx) {
    struct scanned receipt = {.out = out};
    struct json_scan scan;
    struct logs_mark mark = logs_mark(&out->logs);
    struct expected expected = {.receipt = out, .tx = tx};
    json_scan_init(&scan, text, len);
    bool read = json_scan_object(&scan, fields, sizeof(fields) / sizeof(fields[0]), &receipt) &&
                json_scan_at_end(&scan) && hash32_equal(&receipt.tx, tx) && logs_sort(&out->logs, mark);
    json_scan_free(&scan);
    logs_each_place(&out->logs, mark, compare_place, &expected);
    return read && !expected.differs && (out->has_status || receipt.has_root);
}

/* All receipts of a block. */
struct scanned_block {
    struct logs *out;
    size_t *n_receipts;
    size_t *n_seen;
    const struct log_filter *filter;
};

static bool check_block(struct json_scan *scan, void *arg) {
    hash32 hash;
    return json_scan_hash(scan, &hash) && hash32_equal(&hash, ((struct scanned_block *)arg)->filter->block_hash);
}

static bool read_some_logs(struct json_scan *scan, void *arg) {
    struct scanned_block *block = arg;
    return log_scan_some(block->out, block->n_seen, scan, block->filter);
}

static const struct json_scan_field fields_of_block[] = {
    FIELD("blockHash", true, check_block),
    FIELD("logs", true, read_some_logs),
};
#undef FIELD

static bool read_receipt(struct json_scan *scan, void *arg) {
    ++*((struct scanned_block *)arg)->n_receipts;
    return json_scan_object(scan, fields_of_block, sizeof(fields_of_block) / sizeof(fields_of_block[0]), arg);
}

bool receipts_scan_logs(struct logs *out, size_t *n_receipts, size_t *n_seen, const char *text, size_t len,
                        const struct log_filter *filter) {
    struct scanned_block block = {.out = out, .n_receipts = n_receipts, .n_seen = n_seen, .filter = filter};
    struct logs_mark mark = logs_mark(out);
    struct json_scan scan;
    *n_receipts = *n_seen = 0;
    json_scan_init(&scan, text, len);
    bool read = json_scan_array(&scan, read_receipt, &block) && json_scan_at_end(&scan) && logs_sort(out, mark);
    json_scan_free(&scan);
    if (!read) logs_reset(out, mark);
    return read;
}
