/* What became of a transaction, what it called, and which tokens it moved: as the nodes tell, with what the index
 * knows; where no node knows it any more, as the index or what was written down here tells. Runs on the task's
 * coroutine. */
#ifndef DAPPD_SERVICES_TX_SERVICE_H
#define DAPPD_SERVICES_TX_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "repos/transfer_repo.h"
#include "rpc/receipt.h"
#include "services/sent_tx.h"
#include "services/source.h"

enum tx_outcome {
    TX_PENDING,
    TX_SUCCEEDED,
    TX_REVERTED,
    TX_MINED,  /* nobody can tell how it went: its receipt is from before Byzantium and has no logs */
    TX_UNMINED /* it was sent here, is in no block, and no node has it */
};

/* Who told of it. */
enum tx_origin {
    TX_LIVE,    /* a node */
    TX_INDEXED, /* the index alone, which does not have its receipt */
    TX_KEPT     /* it was sent here, and nobody else tells of it now: as it was last known */
};

/* What it means, as JSON; none where nobody knows. */
struct tx_meaning {
    struct json_piece call;   /* {"function","signature","args"} */
    struct json_piece events; /* of the registered contracts: an array */
    struct json_piece revert;
};

struct tx {
    hash32 hash; /* in */
    /* out */
    enum tx_outcome status;
    enum tx_origin origin;
    bool indexed;           /* the index has its block, and of the tokens it has the same transfers */
    struct block_ref block; /* of one that is mined */
    struct receipt receipt; /* of a live one that is mined; its logs live as long as the task's arena */
    struct transfer_row *transfers;
    size_t n_transfers;
    bool sent_here;
    struct kept_tx kept; /* then, and its life */
    struct kept_tx_step *life;
    size_t n_steps;
    struct tx_meaning meaning;
};

/* Deposits and withdrawals count where the index says so; of a token that it does not have, where the contract tells
 * its decimals and no Transfer beside them says the same: others have events of the same shape. Errors:
 * ERR_TRANSACTION_NOT_FOUND; those of receipt_read when nobody else knows the transaction either;
 * ERR_TRANSACTIONS_UNAVAILABLE when it may have been sent here, and that cannot be told now. */
enum err tx_service_get(struct task *task, struct abi_store *abis, const struct source *source,
                        struct tx *out) MUST_CHECK;

#endif
