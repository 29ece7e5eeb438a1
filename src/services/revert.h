/* What a contract reverted with, for clients. Memory is the task's arena; the task's coroutine. */
#ifndef DAPPD_SERVICES_REVERT_H
#define DAPPD_SERVICES_REVERT_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/task.h"
#include "eth/abi_type.h"

/* Appends {"name","signature","args"} of an error that the ABI (NULL: none), the built-in one or
 * Solidity itself knows, else {"data"}.
 * In: data, NULL of a revert without any. */
void revert_write(struct buf *out, const struct abi *abi, const uint8_t *data, size_t len);

/* The same as the task's fault: ERR_EXECUTION_REVERTED, which it returns, with the error as text for its detail. */
enum err revert_fail(struct task *task, const struct abi *abi, const uint8_t *data, size_t len);

#endif
