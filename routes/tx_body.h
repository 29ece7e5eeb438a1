/* The body of POST /tx. Reads untrusted bytes; memory is the task's arena; the request's coroutine. */
#ifndef DAPPD_ROUTES_TX_BODY_H
#define DAPPD_ROUTES_TX_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "http/request.h"

/* {"raw":"0x..."}. Out: its bytes, of which there are no more than a transaction may have. ERR_INVALID_JSON,
 * ERR_INVALID_PARAMETER. */
enum err tx_body_parse(struct task *task, const uint8_t **raw, size_t *len, struct slice text) MUST_CHECK;

/* The same behind its content type. ERR_UNSUPPORTED_MEDIA_TYPE. */
enum err tx_body_read(struct request *req, const uint8_t **raw, size_t *len) MUST_CHECK;

#endif
