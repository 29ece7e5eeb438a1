/* Replies are matched by id and by nothing else, because nodes answer batches in any order and proxies mix replies up.
 * Owns the tree of a reply only until it hands it to the caller.
 * Any thread: functions on bytes. */
#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include "core/json_depth.h"
#include "core/json_out.h"
#include "envelope.h"

static void build_call(struct json_out *out, const struct rpc_call *call, uint64_t id) {
    json_out_object_begin(out);
    json_out_key_str(out, "jsonrpc", "2.0");
    json_out_key_u64(out, "id", id);
    json_out_key_str(out, "method", call->method);
    json_out_key(out, "params");
    json_out_raw(out, call->params, strlen(call->params));
    json_out_object_end(out);
}

void codec_build(struct buf *out, struct rpc_call *const *calls, size_t n, uint64_t first_id) {
    struct json_out json;
    json_out_init(&json, out);
    if (n == 1) {
        build_call(&json, calls[0], first_id);
        return;
    }
    json_out_array_begin(&json);
    for (size_t i = 0; i < n; i++) build_call(&json, calls[i], first_id + i);
    json_out_array_end(&json);
}

/* Some nodes speak half JSON-RPC 1.0 and send the unused member as null. */
static const json_t *error_of(const json_t *object) {
    const json_t *error = json_object_get(object, "error");
    return json_is_null(error) ? NULL : error;
}

static struct codec_item read_item(const json_t *object) {
    const json_t *result = json_object_get(object, "result");
    const json_t *error = error_of(object);
    struct codec_item malformed = {.kind = CODEC_MALFORMED};
    if (error != NULL) {
        if (result != NULL && !json_is_null(result)) return malformed;
        if (!json_is_object(error) && !json_is_string(error)) return malformed;
        return (struct codec_item){.kind = CODEC_ERROR, .value = error};
    }
    if (result == NULL) return malformed;
    return (struct codec_item){.kind = CODEC_RESULT, .value = result};
}

/* Returns the index of the call that an answer belongs to, or n. An id that came back as a string is a wrong id. */
static size_t find_call(const json_t *object, uint64_t first_id, size_t n) {
    const json_t *id = json_object_get(object, "id");
    if (!json_is_integer(id) || json_integer_value(id) < 0) return n;
    uint64_t value = (uint64_t)json_integer_value(id);
    return value >= first_id && value - first_id < n ? (size_t)(value - first_id) : n;
}

/* An error without a usable id: the node did not get as far as reading ours. */
static bool is_error_for_all(const json_t *object) {
    const json_t *id = json_object_get(object, "id");
    return (id == NULL || json_is_null(id)) && read_item(object).kind == CODEC_ERROR;
}

static void parse_object(struct codec_reply *out, struct codec_item *items, size_t n, uint64_t first_id) {
    if (n == 1 && find_call(out->root, first_id, n) == 0) {
        items[0] = read_item(out->root);
        out->kind = CODEC_ITEMS;
    } else if (is_error_for_all(out->root) || (n > 1 && read_item(out->root).kind == CODEC_ERROR)) {
        out->error = error_of(out->root);
        out->kind = CODEC_WHOLE_ERROR;
    }
}

static void parse_array(struct codec_reply *out, struct codec_item *items, size_t n, uint64_t first_id) {
    const json_t *whole = NULL;
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(out->root); i++) {
        const json_t *object = json_array_get(out->root, i);
        size_t call = find_call(object, first_id, n);
        if (call == n) {
            if (is_error_for_all(object)) whole = error_of(object);
            continue;
        }
        bool again = items[call].kind != CODEC_MISSING;
        items[call] = again ? (struct codec_item){.kind = CODEC_MALFORMED} : read_item(object);
        found++;
    }
    if (found > 0) {
        out->kind = CODEC_ITEMS;
    } else if (whole != NULL) {
        out->error = whole;
        out->kind = CODEC_WHOLE_ERROR;
    }
}

void codec_parse(struct codec_reply *out, struct codec_item *items, size_t n, uint64_t first_id, const char *text,
                 size_t len) {
    *out = (struct codec_reply){.kind = CODEC_NONSENSE};
    for (size_t i = 0; i < n; i++) items[i] = (struct codec_item){.kind = CODEC_MISSING};
    if (!json_depth_within(text, len, JSON_MAX_DEPTH)) return;
    out->root_len = len;
    out->root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    if (json_is_object(out->root)) {
        parse_object(out, items, n, first_id);
    } else if (json_is_array(out->root) && n > 1) {
        parse_array(out, items, n, first_id);
    }
}

bool codec_reads_itself(const struct rpc_call *call) {
    return call->reader != NULL && call->reader->result != NULL;
}

static bool any_reads_itself(struct rpc_call *const *calls, size_t n) {
    size_t i = 0;
    while (i < n && !codec_reads_itself(calls[i])) i++;
    return i < n;
}

static void *array_new(size_t n, size_t size) {
    void *array = calloc(n, size);
    if (array == NULL) abort();
    return array;
}

void codec_parse_calls(struct codec_reply *out, struct codec_item *items, struct rpc_call *const *calls, size_t n,
                       uint64_t first_id, const char *text, size_t len) {
    if (!any_reads_itself(calls, n)) {
        codec_parse(out, items, n, first_id, text, len);
        return;
    }
    struct buf rest;
    struct envelope_result *results = array_new(n, sizeof(*results));
    bool *wanted = array_new(n, sizeof(*wanted));
    for (size_t i = 0; i < n; i++) wanted[i] = codec_reads_itself(calls[i]);
    buf_init(&rest, len + n * sizeof "true");
    envelope_open(&rest, results, &(struct envelope_calls){first_id, wanted, n}, text, len);
    codec_parse(out, items, n, first_id, rest.len > 0 ? rest.data : "", rest.len);
    for (size_t i = 0; i < n; i++) {
        if (items[i].kind != CODEC_RESULT) continue;
        items[i].raw = results[i].text;
        items[i].raw_len = results[i].len;
    }
    buf_free(&rest);
    free(wanted);
    free(results);
}

struct codec_error codec_error_read(const json_t *error) {
    const json_t *message = json_is_string(error) ? error : json_object_get(error, "message");
    struct codec_error read = {.code = json_integer_value(json_object_get(error, "code")), .text = ""};
    if (json_is_string(message)) {
        read.text = json_string_value(message);
        read.text_len = json_string_length(message);
    }
    return read;
}
