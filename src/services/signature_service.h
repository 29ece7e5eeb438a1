/* Whether an account stands behind a signature: its own key, or the contract that it is or will be. Runs on the task's
 * coroutine. Sources: ERC-1271, ERC-6492. */
#ifndef DAPPD_SERVICES_SIGNATURE_SERVICE_H
#define DAPPD_SERVICES_SIGNATURE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "services/source.h"

/* Its own key first, which asks nobody; then, at one pinned block, the contract. Out: *own_key, which of both it was.
 * ERR_INVALID_SIGNATURE, ERR_SIGNATURE_MISMATCH, and what a read may fail with. In: source, its chain; cache and index
 * are not used. */
enum err signature_service_check(struct task *task, const struct source *source, bool *own_key, const address *account,
                                 const hash32 *hash, const uint8_t *signature, size_t len) MUST_CHECK;

#endif
