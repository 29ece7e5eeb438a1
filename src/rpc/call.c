/* rpc_call and rpc_batch: what the layers above see of the nodes. The calls belong to the caller, what they result in
 * to the task's arena. On the task's thread, in a coroutine. */
#include "rpc/rpc.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "pool.h"
#include "transport.h"

enum {
    MAX_PARALLEL = 8,
    MAX_HEAVY = 10 /* calls in a batch, so that some of them are answered in the time that one try has */
};

enum err rpc_call(struct task *task, struct chain *chain, struct rpc_call *call) {
    struct rpc_call *calls[] = {call};
    answer_clear(call);
    (void)pool_send(task, chain, calls, 1); /* a single call is never too many */
    if (call->err == ERR_OK) return ERR_OK;
    (void)task_fail(task, call->err, "%s", call->detail);
    task->fault.retry_after_s = call->retry_after_s;
    return call->err;
}

/* One round over the calls that are left, in pieces of at most piece calls. */
struct round {
    struct chain *chain;
    struct rpc_call **calls;
    size_t n;
    size_t piece;
    size_t taken;            /* calls before this one are being sent or done */
    struct rpc_call **again; /* those that a node wants in shorter batches */
    size_t n_again;
};

/* Several of these share the round: each takes the next piece as soon as it is free. */
static void send_pieces(struct task *task, void *arg, size_t i) {
    (void)i;
    struct round *round = arg;
    while (round->taken < round->n) {
        struct rpc_call **piece = round->calls + round->taken;
        size_t left = round->n - round->taken;
        size_t n = left < round->piece ? left : round->piece;
        round->taken += n;
        size_t refused = pool_send(task, round->chain, piece, n);
        if (refused > 0) memcpy(round->again + round->n_again, piece, refused * sizeof(struct rpc_call *));
        round->n_again += refused;
    }
}

static struct rpc_call **list_new(size_t n) {
    struct rpc_call **list = calloc(n, sizeof(struct rpc_call *));
    if (list == NULL) abort();
    return list;
}

void rpc_batch(struct task *task, struct chain *chain, struct rpc_call *calls, size_t n) {
    if (n == 0) return;
    struct round round = {.chain = chain, .calls = list_new(n), .n = n, .again = list_new(n)};
    for (size_t i = 0; i < n; i++) {
        answer_clear(&calls[i]);
        round.calls[i] = &calls[i];
    }
    round.piece = pool_batch_cap(chain);
    if (calls[0].heavy && round.piece > MAX_HEAVY) round.piece = MAX_HEAVY;
    while (round.n > 0) {
        if (round.piece > round.n) round.piece = round.n;
        size_t pieces = (round.n + round.piece - 1) / round.piece;
        round.taken = 0;
        round.n_again = 0;
        task_parallel(task, pieces < MAX_PARALLEL ? pieces : MAX_PARALLEL, send_pieces, &round);
        struct rpc_call **refused = round.again;
        round.again = round.calls;
        round.calls = refused;
        round.n = round.n_again;
        if (round.piece > 1) round.piece /= 2;
    }
    free(round.calls);
    free(round.again);
}

void rpc_cancel(const struct task *task) {
    transport_cancel(task);
}
