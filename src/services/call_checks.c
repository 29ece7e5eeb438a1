/* Whether a sender can pay, and whether anybody is there to answer. Memory is the task's arena; the task's coroutine.
 */
#include "call_checks.h"

#include "snapshot.h"

enum err call_read(struct task *task, const struct source *source, const struct block_ref *block,
                   struct state_read *read) {
    state_read_many(task, source->chain, block, read, 1);
    if (read->err == ERR_OK) return ERR_OK;
    enum err err = task_fail(task, read->err, "%s", read->detail);
    task->fault.retry_after_s = read->retry_after_s;
    return err;
}

enum err call_check_funds(struct task *task, const struct source *source, const struct block_ref *block,
                          const struct call_sender *sender) {
    struct amount_read balance = {.kind = AMOUNT_NATIVE_BALANCE, .owner = sender->from};
    struct snapshot snapshot = {.amounts = &balance, .n_amounts = 1};
    char from[ADDRESS_TEXT_BYTES], has[U256_DEC_BYTES], needs[U256_DEC_BYTES];
    if (u256_is_zero(&sender->value)) return ERR_OK;
    snapshot_read(task, source, &snapshot, block);
    enum err err = amount_read_check(task, &balance);
    if (err != ERR_OK || u256_cmp(&balance.amount, &sender->value) >= 0) return err;
    (void)u256_to_dec(has, &balance.amount);
    (void)u256_to_dec(needs, &sender->value);
    return task_fail(task, ERR_INSUFFICIENT_FUNDS, "%s has %s wei in block %llu, and the value is %s",
                     address_format(from, &sender->from), has, (unsigned long long)block->number, needs);
}

enum err call_fail_no_code(struct task *task, const struct block_ref *block, const address *contract) {
    char text[ADDRESS_TEXT_BYTES];
    return task_fail(task, ERR_NOT_A_CONTRACT, "there is no contract at %s in block %llu",
                     address_format(text, contract), (unsigned long long)block->number);
}

enum err call_check_code(struct task *task, const struct source *source, const struct block_ref *block,
                         const address *contract) {
    struct state_read code = {.kind = STATE_CODE, .to = *contract};
    enum err err = call_read(task, source, block, &code);
    if (err != ERR_OK) return err;
    return code.len > 0 ? ERR_OK : call_fail_no_code(task, block, contract);
}
