/* Where a contract's history begins: before its creation it has no code. Found by bisection, some two dozen questions
 * about old state, which not all nodes keep. Owns nothing.
 * On the task's thread, in a coroutine. */
#include <stdio.h>
#include <string.h>

#include "eth/hex.h"
#include "rpc/logs.h"
#include "rpc/rpc.h"

enum { PARAMS_BYTES = 96, ADDRESS_HEX_BYTES = 2 * sizeof(address) + 3, QUANTITY_BYTES = 19 };

/* Source: eth_getCode; "0x" for an account without code. */
static enum err has_code(struct task *task, struct chain *chain, bool *out, const address *contract, uint64_t block) {
    char params[PARAMS_BYTES], account[ADDRESS_HEX_BYTES], number[QUANTITY_BYTES];
    struct rpc_call call = {.method = "eth_getCode", .params = params};
    (void)snprintf(params, sizeof(params), "[\"%s\",\"%s\"]",
                   hex_encode(account, contract->bytes, sizeof(contract->bytes)), hex_encode_u64(number, block));
    enum err err = rpc_call(task, chain, &call);
    if (err == ERR_OK) *out = json_string_length(call.result) > strlen("0x");
    return err;
}

/* In: the contract has no code at block `without`, and has some at block `with`, where that is what they are. */
static enum err bisect(struct task *task, struct chain *chain, uint64_t *block, const address *contract,
                       uint64_t with) {
    uint64_t without = 0;
    bool coded;
    enum err err = has_code(task, chain, &coded, contract, 0);
    if (err != ERR_OK || coded) { /* one of the genesis block */
        *block = 0;
        return err;
    }
    while (with - without > 1) {
        uint64_t middle = without + (with - without) / 2;
        err = has_code(task, chain, &coded, contract, middle);
        if (err != ERR_OK) return err;
        if (coded) {
            with = middle;
        } else {
            without = middle;
        }
    }
    *block = with;
    return ERR_OK;
}

enum err logs_find_creation(struct task *task, struct chain *chain, uint64_t *block, const address *contract,
                            const struct block_ref *head) {
    bool coded;
    enum err err = has_code(task, chain, &coded, contract, head->number);
    if (err == ERR_OK && !coded) return task_fail(task, ERR_NOT_A_TOKEN, "there is no contract at this address");
    if (err == ERR_OK) err = bisect(task, chain, block, contract, head->number);
    if (err != ERR_STATE_UNAVAILABLE) return err;
    task->fault = (struct fault){.code = ERR_OK};
    *block = 0;
    return ERR_OK;
}
