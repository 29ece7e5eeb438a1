/* Transactions that were sent here, as clients see them. Plain values; memory is the task's arena; its coroutine. */
#ifndef DAPPD_SERVICES_SENT_TX_H
#define DAPPD_SERVICES_SENT_TX_H

#include "repos/transaction_repo.h"
#include "services/abi_store.h"
#include "services/json_piece.h"

struct sent_tx {
    struct kept_tx kept;
    struct json_piece revert; /* {"name","signature","args"} or {"data"}; none where it is not known */
};

/* Fills in the reverts of rows that were read. ERR_OVERLOADED. */
enum err sent_tx_explain(struct task *task, struct abi_store *abis, const struct source *source, struct sent_tx *txs,
                         size_t n) MUST_CHECK;

/* ERR_TRANSACTIONS_UNAVAILABLE when there is no database. Out: the chain's id, asked of a node where it is not known
 * yet. */
enum err sent_tx_begin(struct task *task, const struct source *source, uint64_t *id) MUST_CHECK;

/* Those that were sent here by this account, to it, or that have created it: as transaction_repo_page. */
enum err sent_tx_page(struct task *task, struct abi_store *abis, const struct source *source, struct sent_tx **out,
                      size_t *n, bool *more, const address *account, int64_t before, size_t limit) MUST_CHECK;

#endif
