/* Calls of any contract's functions at one block. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_CALL_SERVICE_H
#define DAPPD_SERVICES_CALL_SERVICE_H

#include "core/task.h"
#include "services/abi_store.h"
#include "services/contract_call.h"
#include "services/json_piece.h"
#include "services/source.h"

struct contract_call {
    /* in */
    address contract;
    struct named_function function;
    struct call_sender sender;
    /* out */
    const char *signature; /* of the function, canonical */
    struct json_piece result;
};

/* Views are read together with whatever else is asked at that block, and kept; nobody in particular calls them. What
 * may change the state, or has a sender or a value, is a call of its own. Out: *block, where the result is true.
 *
 * Errors: ERR_CONTRACT_NOT_FOUND, ERR_CONTRACTS_UNAVAILABLE, ERR_INVALID_ABI, ERR_NOT_IN_ABI, ERR_AMBIGUOUS_FUNCTION,
 * ERR_INVALID_ARGUMENT of the function; ERR_EXECUTION_REVERTED with the fault's revert, ERR_NOT_A_CONTRACT,
 * ERR_ABI_MISMATCH of what came back; ERR_INSUFFICIENT_FUNDS of the sender; those of pinned_read. */
enum err call_service_call(struct task *task, struct abi_store *store, const struct source *source,
                           struct contract_call *call, struct block_ref *block,
                           const struct block_spec *spec) MUST_CHECK;

#endif
