/* What became of a transaction, and which tokens it moved: as the nodes tell, with what the index knows; where no node
 * knows it any more, as the index alone tells. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_TX_SERVICE_H
#define DAPPD_SERVICES_TX_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "repos/transfer_repo.h"
#include "rpc/receipt.h"
#include "services/source.h"

enum tx_status {
    TX_PENDING,
    TX_SUCCEEDED,
    TX_REVERTED,
    TX_MINED /* nobody can tell how it went: its receipt is from before Byzantium and has no logs */
};

struct tx {
    hash32 hash; /* in */
    /* out */
    enum tx_status status;
    bool live;              /* a node told of it; false: the index alone knows it, and not its receipt */
    bool indexed;           /* the index has its block, and of the tokens it has the same transfers */
    struct block_ref block; /* unless pending */
    struct receipt receipt; /* of a live one that is not pending; its logs live as long as the task's arena */
    struct transfer_row *transfers;
    size_t n_transfers;
};

/* Deposits and withdrawals count where the index says so; of a token that it does not have, where the contract tells
 * its decimals and no Transfer beside them says the same: others have events of the same shape. Errors:
 * ERR_TRANSACTION_NOT_FOUND; those of receipt_read when the index does not know the transaction either. */
enum err tx_service_get(struct task *task, const struct source *source, struct tx *out) MUST_CHECK;

#endif
