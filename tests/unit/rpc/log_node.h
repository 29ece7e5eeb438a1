/* A node that keeps blocks with logs and answers for them as it is told to: the part of a chain that reading logs sees.
 * A struct log_node belongs to its test, which sets it up before anybody asks; only its counters change afterwards.
 * Runs on the fake node's threads. */
#ifndef DAPPD_TESTS_LOG_NODE_H
#define DAPPD_TESTS_LOG_NODE_H

#include "net.h"

#include "eth/erc20.h"
#include "eth/hex.h"
#include "eth/keccak.h"
#include "rpc/logs.h"

static const address log_node_token = {{0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
                                        0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa}};

struct log_node {
    uint64_t head;
    uint64_t every;             /* blocks whose number it divides have a transfer; 0: none has */
    uint64_t max_blocks;        /* of a range; 0: no limit */
    const char *too_many;       /* its error past that limit, JSON */
    const char *logs_error;     /* its error to every eth_getLogs, JSON */
    const char *receipts_error; /* its error to every eth_getBlockReceipts, JSON */
    int status;                 /* of HTTP, in place of every answer to eth_getLogs; 0: none */
    size_t max_tokens;          /* whose logs it gives at once; 0: no limit */
    bool no_batches;            /* one error for all of a batch */
    bool no_timestamps;         /* in logs */
    bool hides_ranges;          /* eth_getLogs finds nothing in a range */
    unsigned hides_blocks;      /* nothing in a block, so many times */
    bool blank_blooms;
    bool false_blooms;  /* saying yes where there is nothing */
    bool other_blocks;  /* logs have the hashes of other blocks */
    atomic_uint ranges; /* questions for logs */
    atomic_uint blocks; /* for those of one block */
    atomic_uint headers;
    atomic_uint receipts;
    atomic_uint headers_before_logs; /* those asked for when the last range was */
};

/* Told apart by number and, for blocks of another fork, by a mark. */
static inline hash32 log_node_hash(uint64_t number, uint8_t mark) {
    hash32 hash = {{mark}};
    for (int i = 0; i < 8; i++) hash.bytes[31 - i] = (uint8_t)(number >> 8 * i);
    return hash;
}

static inline bool log_node_has(const struct log_node *node, uint64_t number) {
    return node->every != 0 && number % node->every == 0;
}

static inline json_t *log_node_quantity(uint64_t value) {
    char text[19];
    return json_string(hex_encode_u64(text, value));
}

static inline json_t *log_node_bytes(const void *bytes, size_t n) {
    char text[2 * BLOOM_BYTES + 3];
    return json_string(hex_encode(text, bytes, n));
}

static inline void log_node_bloom(uint8_t bloom[BLOOM_BYTES], const void *item, size_t len) {
    uint8_t hash[32];
    keccak256(hash, item, len);
    for (int i = 0; i < 6; i += 2) {
        unsigned bit = ((unsigned)hash[i] << 8 | hash[i + 1]) & 2047;
        bloom[255 - bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}

/* The header as it is, whatever a node makes of it. */
static inline struct header log_node_header(const struct log_node *node, uint64_t number) {
    struct header header = {.block = {.number = number,
                                      .hash = log_node_hash(number, 1),
                                      .parent_hash = log_node_hash(number - 1, 1),
                                      .timestamp = 1000 + number},
                            .has_transactions = log_node_has(node, number)};
    if ((!header.has_transactions && !node->false_blooms) || node->blank_blooms) return header;
    log_node_bloom(header.bloom, log_node_token.bytes, sizeof log_node_token);
    log_node_bloom(header.bloom, erc20_events[ERC20_TOPIC_TRANSFER].topic.bytes, sizeof(hash32));
    return header;
}

static inline json_t *log_node_block(const struct log_node *node, uint64_t number) {
    if (number > node->head) return json_null();
    struct header header = log_node_header(node, number);
    json_t *transactions = json_array();
    if (header.has_transactions) json_array_append_new(transactions, json_string("0x01"));
    return json_pack("{so so so so so so}", "number", log_node_quantity(number), "hash",
                     log_node_bytes(&header.block.hash, 32), "parentHash",
                     log_node_bytes(&header.block.parent_hash, 32), "timestamp",
                     log_node_quantity(header.block.timestamp), "logsBloom", log_node_bytes(header.bloom, BLOOM_BYTES),
                     "transactions", transactions);
}

/* One token to another address, its amount the block's number. */
static inline json_t *log_node_log(const struct log_node *node, uint64_t number) {
    hash32 block = log_node_hash(number, node->other_blocks ? 2 : 1), tx = log_node_hash(number, 3);
    hash32 from = {{0}}, to = {{0}}, amount = log_node_hash(number, 0);
    from.bytes[31] = 1;
    to.bytes[31] = 2;
    json_t *log = json_pack("{so s[ooo] so so so so so sb}", "address", log_node_bytes(&log_node_token, 20), "topics",
                            log_node_bytes(&erc20_events[ERC20_TOPIC_TRANSFER].topic, 32), log_node_bytes(&from, 32),
                            log_node_bytes(&to, 32), "data", log_node_bytes(&amount, 32), "blockNumber",
                            log_node_quantity(number), "blockHash", log_node_bytes(&block, 32), "transactionHash",
                            log_node_bytes(&tx, 32), "logIndex", log_node_quantity(0), "removed", 0);
    if (!node->no_timestamps) json_object_set_new(log, "blockTimestamp", log_node_quantity(1000 + number));
    return log;
}

static inline uint64_t log_node_number(const json_t *value) {
    uint64_t number = 0;
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (len == 66) return strtoull(text + 2 + 48, NULL, 16); /* of a hash */
    if (hex_decode_u64(&number, text, len) != ERR_OK) abort();
    return number;
}

static inline bool log_node_is_asked(const json_t *filter) {
    json_t *tokens = json_object_get(filter, "address"), *token = log_node_bytes(&log_node_token, 20);
    bool asked = tokens == NULL;
    for (size_t i = 0; i < json_array_size(tokens); i++) asked |= json_equal(json_array_get(tokens, i), token) != 0;
    json_decref(token);
    return asked;
}

/* Out: error, JSON, or NULL. */
static inline json_t *log_node_logs(struct log_node *node, const json_t *filter, const char **error) {
    const json_t *hash = json_object_get(filter, "blockHash");
    uint64_t from = log_node_number(hash != NULL ? hash : json_object_get(filter, "fromBlock"));
    uint64_t to = log_node_number(hash != NULL ? hash : json_object_get(filter, "toBlock"));
    atomic_fetch_add(hash != NULL ? &node->blocks : &node->ranges, 1);
    atomic_store(&node->headers_before_logs, atomic_load(&node->headers));
    *error = node->logs_error;
    if (node->max_blocks != 0 && to - from >= node->max_blocks) *error = node->too_many;
    size_t n_tokens = json_array_size(json_object_get(filter, "address"));
    if (node->max_tokens != 0 && (n_tokens == 0 || n_tokens > node->max_tokens)) *error = node->too_many;
    bool hides = hash != NULL ? atomic_load(&node->blocks) <= node->hides_blocks : node->hides_ranges;
    hides |= !log_node_is_asked(filter);
    json_t *logs = json_array();
    for (uint64_t n = from; *error == NULL && !hides && n <= to && n <= node->head; n++) {
        if (log_node_has(node, n)) json_array_append_new(logs, log_node_log(node, n));
    }
    return logs;
}

/* One for each block that has transactions, with a log that nobody asked for as well. Out: error, JSON, or NULL. */
static inline json_t *log_node_receipts(struct log_node *node, uint64_t number, const char **error) {
    atomic_fetch_add(&node->receipts, 1);
    *error = node->receipts_error;
    if (!log_node_has(node, number)) return json_array();
    hash32 hash = log_node_hash(number, 1);
    json_t *wanted = log_node_log(node, number), *other = log_node_log(node, number);
    json_object_set_new(other, "topics", json_array());
    json_object_set_new(other, "logIndex", log_node_quantity(1));
    return json_pack("[{so s[oo]}]", "blockHash", log_node_bytes(&hash, 32), "logs", wanted, other);
}

static inline json_t *log_node_answer(struct log_node *node, const json_t *call) {
    const char *method = fake_method(call), *error = NULL;
    const json_t *first = json_array_get(json_object_get(call, "params"), 0);
    json_t *result;
    if (strcmp(method, "eth_getLogs") == 0) {
        result = log_node_logs(node, first, &error);
    } else if (strcmp(method, "eth_getBlockReceipts") == 0) {
        result = log_node_receipts(node, log_node_number(first), &error);
    } else {
        atomic_fetch_add(&node->headers, 1);
        result = log_node_block(node, log_node_number(first));
    }
    json_t *reply = fake_reply(call, error != NULL ? "error" : "result", error != NULL ? error : "null");
    if (error == NULL) json_object_set(reply, "result", result);
    json_decref(result);
    return reply;
}

/* Serves a struct log_node, which is the fake node's argument. */
static inline void log_node_serve(struct fake_request *request) {
    struct log_node *node = request->node->arg;
    if (node->status != 0 && strstr(request->text, "eth_getLogs") != NULL) {
        fake_send(request, node->status, "", "<html></html>");
        return;
    }
    if (json_is_object(request->body)) {
        fake_send_json(request, 200, log_node_answer(node, request->body));
        return;
    }
    if (node->no_batches) {
        fake_send(request, 200, "", "{\"id\":null,\"error\":{\"code\":-32600,\"message\":\"batch too large\"}}");
        return;
    }
    json_t *replies = json_array();
    for (size_t i = json_array_size(request->body); i > 0; i--) { /* in any order but ours */
        json_array_append_new(replies, log_node_answer(node, json_array_get(request->body, i - 1)));
    }
    fake_send_json(request, 200, replies);
}

#endif
