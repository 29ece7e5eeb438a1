/* A simulated call may return and log as much as its gas lasts for, so the reply is read without a tree, and lists are
 * counted before they are kept. Memory is the arena's.
 * Any thread: functions on bytes. */
#include "simulate_scan.h"

#include <jansson.h>

#include "codec.h"
#include "errors.h"
#include "json_scan.h"
#include "revert.h"
#include "rpc/state.h"

/* A reply as it is read. */
struct scanned {
    struct simulated *out;
    struct arena *arena;
    size_t n_blocks, n_calls;
    size_t n_logs; /* that there is room for */
    bool succeeded;
    bool full;
    enum rpc_outcome failure;
    const uint8_t *revert_data; /* as the error has it */
    size_t revert_len;
    struct event_log *log; /* that is being read */
};

static void *allocate(struct scanned *reply, size_t n, size_t size) {
    void *memory = n <= SIZE_MAX / size ? arena_alloc(reply->arena, n * size) : NULL;
    if (memory == NULL) reply->full = true;
    return memory;
}

/* Measures first what it then keeps. */
static bool read_bytes(struct json_scan *scan, struct scanned *reply, uint8_t **out, size_t *len) {
    const char *start = scan->at;
    if (!json_scan_data(scan, NULL, 0, len)) return false;
    *out = allocate(reply, *len + 1, 1);
    scan->at = start;
    return *out != NULL && json_scan_data(scan, *out, *len, len);
}

static bool read_contract(struct json_scan *scan, void *arg) {
    return json_scan_address(scan, &((struct scanned *)arg)->log->contract);
}

static bool read_topic(struct json_scan *scan, void *arg) {
    struct event_log *log = ((struct scanned *)arg)->log;
    return log->n_topics < LOG_MAX_TOPICS && json_scan_hash(scan, &log->topics[log->n_topics++]);
}

static bool read_topics(struct json_scan *scan, void *arg) {
    return json_scan_array(scan, read_topic, arg);
}

static bool read_log_data(struct json_scan *scan, void *arg) {
    struct scanned *reply = arg;
    return read_bytes(scan, reply, &reply->log->data, &reply->log->data_len);
}

#define FIELD(name, required, read) \
    { name, sizeof(name) - 1, required, read }
#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

static const struct json_scan_field log_fields[] = {
    FIELD("address", true, read_contract),
    FIELD("topics", true, read_topics),
    FIELD("data", true, read_log_data),
};

static bool count_log(struct json_scan *scan, void *arg) {
    ((struct scanned *)arg)->n_logs++;
    return json_scan_skip(scan);
}

static bool read_log(struct json_scan *scan, void *arg) {
    struct scanned *reply = arg;
    reply->log = &reply->out->logs[reply->out->n_logs++];
    return json_scan_object(scan, log_fields, COUNT(log_fields), arg);
}

static bool read_logs(struct json_scan *scan, void *arg) {
    struct scanned *reply = arg;
    const char *start = scan->at;
    if (json_scan_null(scan)) return true;
    if (!json_scan_array(scan, count_log, arg)) return false;
    reply->out->logs = allocate(reply, reply->n_logs, sizeof(*reply->out->logs));
    scan->at = start;
    return reply->out->logs != NULL && json_scan_array(scan, read_log, arg);
}

static bool read_returned(struct json_scan *scan, void *arg) {
    struct scanned *reply = arg;
    uint8_t *bytes;
    if (!read_bytes(scan, reply, &bytes, &reply->out->len)) return false;
    reply->out->bytes = bytes;
    return true;
}

static bool read_gas_used(struct json_scan *scan, void *arg) {
    return json_scan_u64(scan, &((struct scanned *)arg)->out->gas_used);
}

static bool read_status(struct json_scan *scan, void *arg) {
    uint64_t status;
    if (!json_scan_u64(scan, &status) || status > 1) return false;
    ((struct scanned *)arg)->succeeded = status == 1;
    return true;
}

/* As JSON-RPC has errors: of the code and the text a node makes what it likes, as ever. */
static bool read_error(struct json_scan *scan, void *arg) {
    struct scanned *reply = arg;
    const char *start = scan->at;
    if (json_scan_null(scan)) return true;
    if (!json_scan_skip(scan)) return false;
    json_t *error = json_loadb(start, (size_t)(scan->at - start), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool is_error = json_is_object(error);
    if (is_error) {
        const struct codec_error read = codec_error_read(error);
        reply->failure = rpc_error_classify(200, read.code, read.text, read.text_len);
        (void)revert_from_error(reply->arena, &reply->revert_data, &reply->revert_len, error); /* not all have data */
    }
    json_decref(error);
    return is_error;
}

static const struct json_scan_field call_fields[] = {
    FIELD("returnData", true, read_returned), FIELD("logs", false, read_logs),   FIELD("gasUsed", true, read_gas_used),
    FIELD("status", true, read_status),       FIELD("error", false, read_error),
};

static bool read_call(struct json_scan *scan, void *arg) {
    struct scanned *reply = arg;
    return reply->n_calls++ == 0 && json_scan_object(scan, call_fields, COUNT(call_fields), arg);
}

static bool read_calls(struct json_scan *scan, void *arg) {
    return json_scan_array(scan, read_call, arg);
}

static const struct json_scan_field block_fields[] = {
    FIELD("calls", true, read_calls),
};
#undef FIELD

static bool read_block(struct json_scan *scan, void *arg) {
    struct scanned *reply = arg;
    return reply->n_blocks++ == 0 && json_scan_object(scan, block_fields, COUNT(block_fields), arg);
}

/* Revert data stands in the error, as of eth_call, or where an answer would. What failed has logged nothing. */
static void settle_failure(struct scanned *reply) {
    struct simulated *out = reply->out;
    bool in_error = reply->revert_data != NULL;
    out->outcome = reply->failure == RPC_OUT_OF_GAS ? RPC_OUT_OF_GAS : RPC_REVERTED;
    out->bytes = in_error ? reply->revert_data : out->bytes;
    out->len = in_error ? reply->revert_len : out->len;
    if (out->len == 0 || out->len > STATE_MAX_REVERT_BYTES) {
        out->bytes = NULL;
        out->len = 0;
    }
    out->n_logs = 0;
}

bool simulate_scan(struct simulated *out, bool *full, struct arena *arena, const char *text, size_t len) {
    struct scanned reply = {.out = out, .arena = arena, .failure = RPC_REVERTED};
    struct json_scan scan;
    *out = (struct simulated){.outcome = RPC_OK, .traced = true};
    json_scan_init(&scan, text, len);
    bool read = json_scan_array(&scan, read_block, &reply) && json_scan_at_end(&scan);
    json_scan_free(&scan);
    *full = reply.full;
    if (!read || reply.n_calls != 1) return false;
    if (!reply.succeeded) settle_failure(&reply);
    return true;
}
