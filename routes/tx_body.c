/* Hex out of a body. Stateless; the request's coroutine. */
#include "tx_body.h"

#include "body.h"
#include "chain_value.h"
#include "eth/transaction.h"

enum err tx_body_parse(struct task *task, const uint8_t **raw, size_t *len, struct slice text) {
    static const char *const members[] = {"raw", NULL};
    struct body body;
    enum err err = body_parse(task, &body, text, members);
    if (err != ERR_OK) return err;
    return chain_value_bytes(task, raw, len, body_value(body.root, "raw"), TRANSACTION_MAX_BLOB_BYTES, "raw");
}

enum err tx_body_read(struct request *req, const uint8_t **raw, size_t *len) {
    enum err err = body_check_type(req, NULL);
    return err == ERR_OK ? tx_body_parse(&req->task, raw, len, req->body) : err;
}
