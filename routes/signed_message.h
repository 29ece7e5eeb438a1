/* The body of requests that a wallet has signed: {"message","signature"}. Reads untrusted bytes; what is read lives in
 * the task's arena. The request's coroutine. */
#ifndef DAPPD_ROUTES_SIGNED_MESSAGE_H
#define DAPPD_ROUTES_SIGNED_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "http/request.h"

struct signed_message {
    struct slice message;
    const uint8_t *signature;
    size_t signature_len;
};

/* Errors: those of routes/body.h; ERR_INVALID_SIGNATURE when the signature is not 0x and hex digits, or too long. */
enum err signed_message_read(struct request *req, struct signed_message *out) MUST_CHECK;

#endif
