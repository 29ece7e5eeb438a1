/* What a function returned, as JSON. Memory is the task's arena; the task's coroutine. */
#ifndef DAPPD_SERVICES_DECODE_RESULT_H
#define DAPPD_SERVICES_DECODE_RESULT_H

#include <stdint.h>

#include "eth/abi_type.h"
#include "services/json_piece.h"

/* ERR_ABI_MISMATCH: what the contract returned is not what the function returns. */
enum err decode_result(struct task *task, struct json_piece *out, const address *contract,
                       const struct abi_item *function, const uint8_t *data, size_t len) MUST_CHECK;

#endif
