/* From a function and its arguments to its result: chosen, read at the block, decoded. Memory is the task's arena; the
 * task's coroutine.
 *
 * Nothing waits between the look-up and the question, nor between the answer and the cache: so no two coroutines of a
 * reactor ask the same. */
#include "services/call_service.h"

#include "call_checks.h"
#include "call_kept.h"
#include "decode_result.h"
#include "function.h"
#include "pinned.h"
#include "revert.h"
#include "rpc/simulate.h"

/* One call, as it is read at a block. */
struct reading {
    const struct contract_call *call;
    struct function_call function;
    struct call_answer answer;
};

static struct call_question question_of(const struct reading *reading) {
    return (struct call_question){reading->call->contract, reading->function.data, reading->function.len};
}

/* What a contract without code returns is nothing: whether it is one is asked before anybody is told. */
static enum err explain_empty(struct task *task, const struct source *source, struct reading *reading,
                              const struct block_ref *block) {
    enum err err = call_check_code(task, source, block, &reading->call->contract);
    if (err != ERR_NOT_A_CONTRACT) return err;
    reading->answer.end = CALL_NO_CODE;
    return ERR_OK;
}

static enum err ask(struct task *task, const struct source *source, struct reading *reading,
                    const struct block_ref *block) {
    struct state_read read = {.kind = STATE_CALL,
                              .to = reading->call->contract,
                              .data = reading->function.data,
                              .data_len = reading->function.len,
                              .may_write = !reading->function.is_view};
    enum err err = call_read(task, source, block, &read);
    if (read.outcome == RPC_REVERTED) {
        reading->answer = (struct call_answer){CALL_REVERTED, read.revert_data, read.revert_len};
        return ERR_OK;
    }
    reading->answer = (struct call_answer){CALL_RETURNED, read.bytes, read.len};
    return err == ERR_OK && read.len == 0 ? explain_empty(task, source, reading, block) : err;
}

static enum err read_shared(struct task *task, const struct source *source, struct reading *reading,
                            const struct block_ref *block) {
    const struct call_question question = question_of(reading);
    if (call_kept_find(task, source, &reading->answer, &question, block)) return ERR_OK;
    enum err err = ask(task, source, reading, block);
    if (err == ERR_OK) call_kept_put(task, source, &reading->answer, &question, block);
    return err;
}

static enum err read_alone(struct task *task, const struct source *source, struct reading *reading,
                           const struct block_ref *block) {
    const struct call_sender *sender = &reading->call->sender;
    const struct simulation what = {.to = reading->call->contract,
                                    .data = reading->function.data,
                                    .data_len = reading->function.len,
                                    .has_from = sender->has_from,
                                    .from = sender->from,
                                    .value = sender->value};
    struct simulated simulated;
    enum err err = call_check_funds(task, source, block, sender);
    if (err == ERR_OK) err = simulate_call(task, source->chain, block, &simulated, &what);
    if (err != ERR_OK) return err;
    if (simulated.outcome == RPC_OUT_OF_GAS) {
        return task_fail(task, ERR_EXECUTION_REVERTED, "the call ran out of gas");
    }
    const bool reverted = simulated.outcome == RPC_REVERTED;
    reading->answer = (struct call_answer){reverted ? CALL_REVERTED : CALL_RETURNED, simulated.bytes, simulated.len};
    return !reverted && simulated.len == 0 ? explain_empty(task, source, reading, block) : ERR_OK;
}

static bool goes_alone(const struct reading *reading) {
    const struct call_sender *sender = &reading->call->sender;
    return sender->has_from || !u256_is_zero(&sender->value) || reading->function.function->mutability > ABI_VIEW;
}

static enum err read_at(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct reading *reading = arg;
    return (goes_alone(reading) ? read_alone : read_shared)(task, source, reading, block);
}

enum err call_service_call(struct task *task, struct abi_store *store, const struct source *source,
                           struct contract_call *call, struct block_ref *block, const struct block_spec *spec) {
    struct reading reading = {.call = call};
    enum err err = function_choose(task, store, source, &reading.function, &call->contract, &call->function);
    if (err != ERR_OK) return err;
    call->signature = reading.function.function->signature;
    err = pinned_read(task, source, block, spec, read_at, &reading);
    if (err != ERR_OK) return err;
    const struct call_answer *answer = &reading.answer;
    switch (answer->end) {
    case CALL_REVERTED:
        return revert_fail(task, reading.function.abi, answer->bytes, answer->len);
    case CALL_NO_CODE:
        return call_fail_no_code(task, block, &call->contract);
    case CALL_RETURNED:
        break;
    }
    return decode_result(task, &call->result, &call->contract, reading.function.function, answer->bytes, answer->len);
}
