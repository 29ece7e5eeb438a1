/* A revert is an answer: who asked wants to know which error it was and with which arguments. All of it was written by
 * the contract, so it is bounded and cleaned. Memory is the task's arena; the task's coroutine. */
#include "revert.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_out.h"
#include "eth/abi.h"
#include "eth/abi_value.h"
#include "rpc/state.h"
#include "services/json_piece.h"

enum {
    MAX_JSON_BYTES = 8 * STATE_MAX_REVERT_BYTES, /* of a decoded error; a longer one is shown as data */
    MAX_TEXT_BYTES = 2 * TASK_DETAIL_BYTES       /* of which a detail shows what fits */
};

static void write_data(struct buf *out, const uint8_t *data, size_t len) {
    struct json_out json;
    json_out_init(&json, out);
    json_out_object_begin(&json);
    json_out_key(&json, "data");
    if (len > 0) {
        json_out_hex(&json, data, len);
    } else {
        json_out_null(&json);
    }
    json_out_object_end(&json);
}

void revert_write(struct buf *out, const struct abi *abi, const uint8_t *data, size_t len) {
    struct buf error;
    buf_init(&error, MAX_JSON_BYTES);
    if (len > 0 && abi_decode_error(&error, abi, data, len)) {
        buf_append(out, error.data, error.len);
    } else {
        write_data(out, data, len);
    }
    buf_free(&error);
}

static void append_value(struct buf *text, const json_t *value) {
    if (json_is_string(value)) {
        buf_append(text, json_string_value(value), json_string_length(value));
        return;
    }
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (dumped != NULL) buf_append_str(text, dumped);
    free(dumped);
}

/* InsufficientBalance(available: 5, required: 7) */
static void append_error(struct buf *text, json_t *error) {
    json_t *args = json_object_get(error, "args"), *value;
    const char *name, *between = "";
    size_t i;
    buf_printf(text, "%s(", json_string_value(json_object_get(error, "name")));
    json_object_foreach(args, name, value) {
        buf_printf(text, "%s%s: ", between, name);
        append_value(text, value);
        between = ", ";
    }
    json_array_foreach(args, i, value) {
        buf_append_str(text, i > 0 ? ", " : "");
        append_value(text, value);
    }
    buf_append_char(text, ')');
}

/* Solidity's own errors are known by what they say, and those that nobody knows by their selector. */
static bool has_name(const json_t *error) {
    const char *signature = json_string_value(json_object_get(error, "signature"));
    if (signature == NULL) return false;
    return strcmp(signature, "Error(string)") != 0 && strcmp(signature, "Panic(uint256)") != 0;
}

static void describe(char out[MAX_TEXT_BYTES], const struct buf *json, const uint8_t *data, size_t len) {
    json_t *error = json_loadb(json->data, json->len, JSON_ALLOW_NUL, NULL);
    struct buf text;
    out[0] = '\0';
    buf_init(&text, MAX_JSON_BYTES);
    if (has_name(error)) {
        append_error(&text, error);
        size_t n = text.len < MAX_TEXT_BYTES ? text.len : MAX_TEXT_BYTES - 1;
        memcpy(out, text.data, n);
        out[n] = '\0';
    } else if (len > 0) {
        abi_decode_revert(out, MAX_TEXT_BYTES, data, len);
    }
    buf_free(&text);
    json_decref(error);
}

enum err revert_fail(struct task *task, const struct abi *abi, const uint8_t *data, size_t len) {
    struct buf json;
    struct json_piece revert;
    char text[MAX_TEXT_BYTES];
    buf_init(&json, MAX_JSON_BYTES);
    revert_write(&json, abi, data, len);
    describe(text, &json, data, len);
    enum err err = json_piece_take(task, &revert, &json);
    if (err != ERR_OK) return err;
    err = task_fail(task, ERR_EXECUTION_REVERTED, "execution reverted%s%s", text[0] != '\0' ? ": " : "", text);
    task->fault.revert = revert.text;
    task->fault.revert_len = revert.len;
    return err;
}
