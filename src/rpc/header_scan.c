/* A header is a few hundred bytes, but with it come the hashes of all transactions, of which only matters whether there
 * are any. Owns nothing.
 * Any thread: functions on bytes. */
#include "header_scan.h"

#include "json_scan.h"

static bool read_number(struct json_scan *scan, void *arg) {
    return json_scan_u64(scan, &((struct header *)arg)->block.number);
}

static bool read_hash(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct header *)arg)->block.hash);
}

static bool read_parent(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct header *)arg)->block.parent_hash);
}

static bool read_timestamp(struct json_scan *scan, void *arg) {
    uint64_t *timestamp = &((struct header *)arg)->block.timestamp;
    return json_scan_u64(scan, timestamp) && *timestamp <= INT64_MAX;
}

static bool read_bloom(struct json_scan *scan, void *arg) {
    return json_scan_bytes(scan, ((struct header *)arg)->bloom, BLOOM_BYTES);
}

static bool skip_transaction(struct json_scan *scan, void *arg) {
    ((struct header *)arg)->has_transactions = true;
    return json_scan_skip(scan);
}

static bool read_transactions(struct json_scan *scan, void *arg) {
    return json_scan_array(scan, skip_transaction, arg);
}

#define FIELD(name, required, read) \
    { name, sizeof(name) - 1, required, read }
static const struct json_scan_field fields[] = {
    FIELD("number", true, read_number),     FIELD("hash", true, read_hash),
    FIELD("parentHash", true, read_parent), FIELD("timestamp", true, read_timestamp),
    FIELD("logsBloom", true, read_bloom),   FIELD("transactions", true, read_transactions),
};
#undef FIELD

bool header_scan(struct header *out, const char *text, size_t len) {
    struct header read = {.has_transactions = false};
    struct json_scan scan;
    json_scan_init(&scan, text, len);
    bool valid = json_scan_object(&scan, fields, sizeof(fields) / sizeof(fields[0]), &read) && json_scan_at_end(&scan);
    json_scan_free(&scan);
    if (valid) *out = read;
    return valid;
}
