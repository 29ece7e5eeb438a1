/* The questions of one request, put together so that they leave together. Lives on the asking coroutine's stack; its
 * memory is the task's arena. */
#ifndef DAPPD_SERVICES_FETCH_H
#define DAPPD_SERVICES_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/task.h"
#include "eth/abi.h"
#include "rpc/state.h"
#include "services/source.h"

struct fetch {
    struct state_read *reads;
    struct abi_call *calls; /* the calldata of each read */
    size_t n;
    size_t max;
};

/* In: max, the most questions there will be. Returns false once the arena's cap is passed. */
bool fetch_begin(struct task *task, struct fetch *fetch, size_t max) MUST_CHECK;

/* Add a question: a call of a contract (call is copied); an account's balance or code. More than max is a bug. Return
 * the place of the answer. */
const struct state_read *fetch_call(struct fetch *fetch, const address *to, const struct abi_call *call);
const struct state_read *fetch_account(struct fetch *fetch, enum state_kind kind, const address *account);

/* Asks, and waits for all answers. Does not wait when there is nothing to ask. */
void fetch_send(struct task *task, const struct source *source, struct fetch *fetch, const struct block_ref *block);

#endif
