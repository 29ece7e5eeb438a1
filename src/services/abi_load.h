/* Fills the table of ABIs from the database. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_ABI_LOAD_H
#define DAPPD_SERVICES_ABI_LOAD_H

#include "abi_table.h"
#include "core/task.h"

/* Brings what the table has of these contracts, registered or not, up to date; what has not changed costs its version
 * only. Out: held, their entries, each for the caller to release. Errors: those of repos/contract_repo.h; then none is
 * held. */
enum err abi_load(struct task *task, struct abi_table *table, const struct abi_entry **held, uint64_t chain_id,
                  const address *addresses, size_t n) MUST_CHECK;

#endif
