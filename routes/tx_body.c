/* Hex out of a body. Stateless; the request's coroutine. */
#include "tx_body.h"

#include "body.h"
#include "eth/hex.h"
#include "eth/transaction.h"

static enum err decode(struct task *task, const uint8_t **raw, size_t *len, struct slice hex) {
    if (hex.len / 2 > TRANSACTION_MAX_BLOB_BYTES) {
        return task_fail(task, ERR_INVALID_PARAMETER, "raw is longer than %d bytes", TRANSACTION_MAX_BLOB_BYTES);
    }
    uint8_t *bytes = arena_alloc(task->arena, hex.len / 2);
    if (bytes == NULL) return task_fail_memory(task);
    *raw = bytes;
    if (hex_decode(bytes, hex.len / 2, len, hex.p, hex.len) == ERR_OK) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER, "raw is not 0x and an even number of hex digits");
}

enum err tx_body_parse(struct task *task, const uint8_t **raw, size_t *len, struct slice text) {
    static const char *const members[] = {"raw", NULL};
    struct body body;
    struct slice hex;
    enum err err = body_parse(task, &body, text, members);
    if (err == ERR_OK) err = body_text(&body, &hex, "raw");
    return err == ERR_OK ? decode(task, raw, len, hex) : err;
}

enum err tx_body_read(struct request *req, const uint8_t **raw, size_t *len) {
    enum err err = body_check_type(req, NULL);
    return err == ERR_OK ? tx_body_parse(&req->task, raw, len, req->body) : err;
}
