/* Where a contract's history begins: before its creation it has no code. Found by bisection, some two dozen questions
 * about old state, which not all nodes keep; and some that do not answer as if there had never been any. Owns nothing.
 * On the task's thread, in a coroutine. */
#include <stdio.h>
#include <string.h>

#include "eth/hex.h"
#include "group.h"
#include "pool.h"
#include "rpc/logs.h"
#include "rpc/rpc.h"

enum {
    PARAMS_BYTES = 96,
    ADDRESS_HEX_BYTES = 2 * sizeof(address) + 3,
    QUANTITY_BYTES = 19,
    WITNESS_BLOCKS = 16, /* in which a transaction is looked for */
    WITNESSES = 2        /* of a block: the first transaction may be one that the chain itself has made */
};

static void account_params(char out[PARAMS_BYTES], const address *account, uint64_t block) {
    char hex[ADDRESS_HEX_BYTES], number[QUANTITY_BYTES];
    (void)snprintf(out, PARAMS_BYTES, "[\"%s\",\"%s\"]", hex_encode(hex, account->bytes, sizeof(account->bytes)),
                   hex_encode_u64(number, block));
}

/* Source: eth_getCode; "0x" for an account without code. */
static enum err has_code(struct task *task, struct chain *chain, bool *out, const address *contract, uint64_t block) {
    char params[PARAMS_BYTES];
    struct rpc_call call = {.method = "eth_getCode", .params = params};
    account_params(params, contract, block);
    enum err err = rpc_call(task, chain, &call);
    if (err == ERR_OK) *out = json_string_length(call.result) > strlen("0x");
    return err;
}

static bool read_sender(address *out, const json_t *transaction) {
    const json_t *from = json_object_get(transaction, "from");
    return json_is_string(from) && address_parse(out, json_string_value(from), json_string_length(from)) == ERR_OK;
}

static enum rpc_outcome check_transaction(struct task *task, const struct rpc_call *call, const json_t *result) {
    address sender;
    (void)task;
    (void)call;
    if (json_is_null(result)) return RPC_BLOCK_UNKNOWN;
    return read_sender(&sender, result) ? RPC_OK : RPC_NONSENSE;
}

/* ERR_BLOCK_NOT_FOUND: the block has no such transaction. Source: eth_getTransactionByBlockNumberAndIndex. */
static enum err find_sender(struct task *task, struct chain *chain, address *out, uint64_t block, unsigned index) {
    char params[PARAMS_BYTES], number[QUANTITY_BYTES];
    struct rpc_call call = {
        .method = "eth_getTransactionByBlockNumberAndIndex", .params = params, .check = check_transaction};
    (void)snprintf(params, sizeof(params), "[\"%s\",\"0x%x\"]", hex_encode_u64(number, block), index);
    enum err err = rpc_call(task, chain, &call);
    if (err == ERR_OK && !read_sender(out, call.result)) err = task_fail(task, ERR_UPSTREAM_ERROR, "no sender");
    return err;
}

/* Who has sent a transaction has a nonce from then on: a node that does not know it has no state of that block. */
static enum rpc_outcome judge_state(const struct attempt *attempt, enum rpc_outcome outcome, bool *final, void *arg) {
    bool *coded = arg;
    uint64_t nonce;
    (void) final;
    if (outcome != RPC_OK) return outcome;
    const json_t *count = attempt->calls[0]->result, *code = attempt->calls[1]->result;
    if (!json_is_string(count) || !json_is_string(code)) return RPC_NONSENSE;
    if (hex_decode_u64(&nonce, json_string_value(count), json_string_length(count)) != ERR_OK) return RPC_NONSENSE;
    *coded = json_string_length(code) > strlen("0x");
    return nonce > 0 ? RPC_OK : RPC_STATE_MISSING;
}

/* As a node says that has shown that it knows this block's state. Source: eth_getTransactionCount, eth_getCode. */
static enum err has_code_for_sure(struct task *task, struct chain *chain, bool *out, const address *contract,
                                  const address *sender, uint64_t block) {
    char sender_params[PARAMS_BYTES], contract_params[PARAMS_BYTES];
    struct rpc_call count = {.method = "eth_getTransactionCount", .params = sender_params};
    struct rpc_call code = {.method = "eth_getCode", .params = contract_params};
    struct rpc_call *calls[] = {&count, &code};
    struct pool_group group = {.question = UPSTREAM_CALLS, .judge = judge_state, .arg = out};
    account_params(sender_params, sender, block);
    account_params(contract_params, contract, block);
    (void)pool_send_group(task, chain, calls, 2, &group);
    return count.err == ERR_OK ? ERR_OK : task_fail(task, count.err, "%s", count.detail);
}

static bool cannot_tell(enum err err) {
    return err == ERR_BLOCK_NOT_FOUND || err == ERR_STATE_UNAVAILABLE || err == ERR_UPSTREAM_ERROR;
}

/* Looks below the creation for a block at which there is surely no contract yet, and moves it to the one behind that;
 * to 0 where there is no such proof. */
static enum err prove(struct task *task, struct chain *chain, uint64_t *creation, const address *contract) {
    uint64_t lowest = *creation > WITNESS_BLOCKS ? *creation - WITNESS_BLOCKS : 0;
    uint64_t below = *creation;
    *creation = 0;
    while (below-- > lowest) {
        for (unsigned index = WITNESSES; index-- > 0;) {
            address sender;
            bool coded;
            enum err err = find_sender(task, chain, &sender, below, index);
            if (err == ERR_OK) err = has_code_for_sure(task, chain, &coded, contract, &sender, below);
            if (err == ERR_OK) *creation = coded ? 0 : below + 1;
            if (!cannot_tell(err)) return err;
        }
    }
    return ERR_OK;
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
    if (err == ERR_OK) err = prove(task, chain, block, contract);
    if (err == ERR_STATE_UNAVAILABLE) *block = 0;
    if (err != ERR_OK && err != ERR_STATE_UNAVAILABLE) return err;
    task->fault = (struct fault){.code = ERR_OK};
    return ERR_OK;
}
