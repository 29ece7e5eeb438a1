/* What a call or transaction would do, on a chain that is changed for it. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_SIMULATE_SERVICE_H
#define DAPPD_SERVICES_SIMULATE_SERVICE_H

#include "core/task.h"
#include "rpc/simulate.h"
#include "services/abi_store.h"
#include "services/contract_call.h"
#include "services/json_piece.h"
#include "services/source.h"

struct contract_simulation {
    /* in */
    address contract;
    struct named_function function; /* text NULL: the data is sent as it is */
    const uint8_t *data;            /* borrowed */
    size_t data_len;
    struct call_sender sender;
    uint64_t gas; /* 0: what a node gives */
    const struct account_override *overrides;
    size_t n_overrides;
    /* out */
    const char *signature; /* of the function, canonical; NULL: data */
    bool reverted;
    struct json_piece result; /* of data 0x-hex; none where it has reverted */
    struct json_piece revert;
    bool traced; /* by eth_simulateV1: the rest is known */
    uint64_t gas_used;
    struct json_piece logs; /* an array */
};

/* Out: *block, that it was done on top of. A revert is an answer. Errors: those of call_service_call otherwise. */
enum err simulate_service_run(struct task *task, struct abi_store *store, const struct source *source,
                              struct contract_simulation *simulation, struct block_ref *block,
                              const struct block_spec *spec) MUST_CHECK;

#endif
