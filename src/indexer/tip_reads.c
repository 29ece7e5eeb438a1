/* A deadline around reads of state.
 * Owns nothing; what is read lives in the task's arena.
 * On the indexer's coroutine. */
#include "tip_reads.h"

enum { READ_LIMIT_MS = 5000 };

void tip_read_many(struct task *task, struct chain *chain, const struct block_ref *tip, struct state_read *reads,
                   size_t n) {
    struct task reading = task_child(task);
    uint64_t limit_ms = reactor_now_ms(task->reactor) + READ_LIMIT_MS;
    if (reading.deadline_ms > limit_ms) reading.deadline_ms = limit_ms;
    const struct block_spec spec = {.kind = BLOCK_HASH, .hash = tip->hash};
    struct block_ref block;
    if (n > 0 && chain_resolve(&reading, chain, &block, &spec) == ERR_OK) {
        state_read_many(&reading, chain, &block, reads, n);
    } else {
        for (size_t i = 0; i < n; i++) reads[i].err = reading.fault.code;
    }
    task->rpc_us += reading.rpc_us;
    task->rpc_calls += reading.rpc_calls;
}

bool tip_read_is_answer(const struct state_read *read) {
    return read->err == ERR_OK || read->err == ERR_EXECUTION_REVERTED;
}
