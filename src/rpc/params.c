/* Parameters of reads pinned to one block, and the bytes that come back. Text goes to the task's arena.
 * Source: EIP-1898; requireCanonical makes a node refuse a block that a reorg has replaced.
 * Any thread: functions on values. */
#include "eth/hex.h"
#include "rpc/rpc.h"

enum { ADDRESS_HEX_BYTES = 2 * 20 + 3 };

const char *rpc_params_call(struct task *task, const address *to, const uint8_t *data, size_t len,
                            const struct block_ref *block) {
    char to_hex[ADDRESS_HEX_BYTES];
    char hash_hex[HASH32_TEXT_BYTES];
    char *data_hex = arena_alloc(task->arena, 2 * len + 3);
    if (data_hex == NULL) return NULL;
    if (to != NULL) hex_encode(to_hex, to->bytes, sizeof(to->bytes));
    return arena_printf(task->arena, "[{%s%s%s\"data\":\"%s\"},{\"blockHash\":\"%s\",\"requireCanonical\":true}]",
                        to != NULL ? "\"to\":\"" : "", to != NULL ? to_hex : "", to != NULL ? "\"," : "",
                        hex_encode(data_hex, data, len), hash32_format(hash_hex, &block->hash));
}

const char *rpc_params_account(struct task *task, const address *account, const struct block_ref *block) {
    char account_hex[ADDRESS_HEX_BYTES];
    char hash_hex[HASH32_TEXT_BYTES];
    return arena_printf(task->arena, "[\"%s\",{\"blockHash\":\"%s\",\"requireCanonical\":true}]",
                        hex_encode(account_hex, account->bytes, sizeof(account->bytes)),
                        hash32_format(hash_hex, &block->hash));
}

const char *rpc_params_storage(struct task *task, const address *account, const uint8_t slot[32],
                               const struct block_ref *block) {
    char account_hex[ADDRESS_HEX_BYTES];
    char slot_hex[HASH32_TEXT_BYTES];
    char hash_hex[HASH32_TEXT_BYTES];
    return arena_printf(task->arena, "[\"%s\",\"%s\",{\"blockHash\":\"%s\",\"requireCanonical\":true}]",
                        hex_encode(account_hex, account->bytes, sizeof(account->bytes)), hex_encode(slot_hex, slot, 32),
                        hash32_format(hash_hex, &block->hash));
}

enum err rpc_result_bytes(struct task *task, const uint8_t **data, size_t *len, const struct rpc_call *call) {
    const char *text = json_string_value(call->result);
    size_t text_len = json_string_length(call->result);
    if (text == NULL || text_len < 2) {
        return task_fail(task, ERR_UPSTREAM_ERROR, "the node's answer to %s is no data", call->method);
    }
    size_t cap = (text_len - 2) / 2;
    uint8_t *bytes = arena_alloc(task->arena, cap + 1);
    if (bytes == NULL) return task_fail(task, ERR_UPSTREAM_ERROR, "the answer is too large");
    if (hex_decode(bytes, cap, len, text, text_len) != ERR_OK) {
        return task_fail(task, ERR_UPSTREAM_ERROR, "the node's answer to %s is no data", call->method);
    }
    *data = bytes;
    return ERR_OK;
}
