/* Message and signature out of a body. Memory is the task's arena; the request's coroutine. */
#include "signed_message.h"

#include "body.h"
#include "eth/contract_signature.h"
#include "eth/hex.h"

static enum err decode(struct task *task, struct signed_message *out, struct slice text) {
    size_t cap = text.len / 2;
    if (cap > CONTRACT_SIGNATURE_MAX_BYTES + 1) cap = CONTRACT_SIGNATURE_MAX_BYTES; /* 0x counts for one */
    uint8_t *bytes = arena_alloc(task->arena, cap + 1);
    if (bytes == NULL) return task_fail_memory(task);
    out->signature = bytes;
    if (hex_decode(bytes, cap, &out->signature_len, text.p, text.len) == ERR_OK) return ERR_OK;
    return task_fail(task, ERR_INVALID_SIGNATURE, "signature is not 0x and the hex digits of at most %d bytes",
                     CONTRACT_SIGNATURE_MAX_BYTES);
}

enum err signed_message_read(struct request *req, struct signed_message *out) {
    static const char *const members[] = {"message", "signature", NULL};
    struct body body;
    struct slice signature;
    enum err err = body_read(req, &body, members);
    if (err == ERR_OK) err = body_text(&body, &out->message, "message");
    if (err == ERR_OK) err = body_text(&body, &signature, "signature");
    return err == ERR_OK ? decode(&req->task, out, signature) : err;
}
