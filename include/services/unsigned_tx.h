/* A transaction that is ready to be signed. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_UNSIGNED_TX_H
#define DAPPD_SERVICES_UNSIGNED_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/abi_type.h"
#include "services/fee_service.h"
#include "services/source.h"

struct unsigned_tx {
    uint64_t chain_id;
    struct draft draft;
    bool has_base_fee; /* EIP-1559; else the fee's maximum is the gas price */
    struct fee fee;
    uint64_t nonce; /* both where the draft has a sender */
    uint64_t gas;
};

/* Gives a draft its fees, and where it is known who sends it its nonce, behind what waits in nodes' pools, and its gas.
 * In: abi, for the errors of who is called; NULL: none. Errors: ERR_EXECUTION_REVERTED, with the fault's revert, and
 * ERR_INSUFFICIENT_FUNDS when it would fail; those of fee_service. */
enum err unsigned_tx_make(struct task *task, const struct source *source, struct unsigned_tx *out,
                          const struct draft *draft, const struct abi *abi) MUST_CHECK;

#endif
