/* Contracts that are registered with their ABI: who may, what is checked, and what is shown of them. Errors are those
 * of repos/contract_repo.h and of nodes, and of auth_check_admin where somebody changes something. Runs on the task's
 * coroutine. */
#ifndef DAPPD_SERVICES_CONTRACT_SERVICE_H
#define DAPPD_SERVICES_CONTRACT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "repos/contract_repo.h"
#include "services/abi_store.h"
#include "services/caller.h"
#include "services/contract_wish.h"
#include "services/source.h"
#include "services/user_service.h"

/* Replaces what was registered. ERR_INVALID_ABI, ERR_INVALID_PARAMETER for a name that is none and where there is no
 * ABI to be had, ERR_NOT_A_CONTRACT, ERR_CONTRACT_CONFIGURED, ERR_PRECONDITION_FAILED. Out: *created. */
enum err contract_service_put(struct task *task, const struct caller *caller, struct abi_store *store,
                              const struct source *source, struct contract_row *out, bool *created,
                              const struct contract_wish *wish, const struct expected_versions *expected) MUST_CHECK;

enum err contract_service_delete(struct task *task, const struct caller *caller, struct abi_store *store,
                                 const struct source *source, const address *contract,
                                 const struct expected_versions *expected) MUST_CHECK;

/* What the configuration registers, again at every start: instances may do it at once. */
enum err contract_service_configure(struct task *task, struct abi_store *store, const struct source *source,
                                    const struct contract_wish *wish) MUST_CHECK;

/* Those that the configuration does not have any more are from now on changed by requests. */
enum err contract_service_keep_configured(struct task *task, const struct source *source,
                                          const struct contract_wish *wishes, size_t n) MUST_CHECK;

/* ERR_CONTRACT_NOT_FOUND. Out: *known, what can be called, its implementation's ABI included. */
enum err contract_service_get(struct task *task, struct abi_store *store, const struct source *source,
                              struct contract_row *out, const struct known_contract **known,
                              const address *contract) MUST_CHECK;

struct contract_page {
    struct contract_row *rows; /* by address, without ABIs */
    size_t n_rows;
    bool more;
};

/* In: after, NULL: from the first. */
enum err contract_service_page(struct task *task, const struct source *source, struct contract_page *out,
                               const address *after, size_t limit) MUST_CHECK;

#endif
