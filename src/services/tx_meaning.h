/* What a transaction called, what its contracts logged, and what it reverted with. Memory is the task's arena; the
 * task's coroutine. */
#ifndef DAPPD_SERVICES_TX_MEANING_H
#define DAPPD_SERVICES_TX_MEANING_H

#include "services/tx_service.h"

enum { TX_DATABASE_WAIT_MS = 1000 }; /* that looking a transaction up waits for it at a time */

/* Fills in tx->meaning of one that is known. The call is read from what was sent here, or else, where its recipient is
 * registered, from a node; one that does not answer leaves it out. ERR_OVERLOADED. */
enum err tx_meaning_find(struct task *task, struct abi_store *abis, const struct source *source,
                         struct tx *tx) MUST_CHECK;

#endif
