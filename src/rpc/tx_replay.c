/* eth_call with everything that a transaction has but its price, which only decides whether it gets into a block.
 * Text goes to the task's arena.
 * On the task's thread, in a coroutine. */
#include "rpc/tx_replay.h"

#include "eth/hex.h"
#include "rpc/rpc.h"

enum { ADDRESS_HEX_BYTES = 2 * 20 + 3, U64_HEX_BYTES = 2 + 16 + 1 };

static const char *write_params(struct task *task, const struct tx_replay *replay, const hash32 *block) {
    char from[ADDRESS_HEX_BYTES], to[ADDRESS_HEX_BYTES] = "", value[U256_HEX_BYTES], gas[U64_HEX_BYTES];
    char hash[HASH32_TEXT_BYTES];
    char *data = arena_alloc(task->arena, 2 * replay->data_len + 3);
    if (data == NULL) return NULL;
    u256_to_hex(value, &replay->value);
    if (!replay->creates) hex_encode(to, replay->to.bytes, sizeof replay->to.bytes);
    return arena_printf(task->arena,
                        "[{\"from\":\"%s\",%s%s%s\"value\":\"%s\",\"gas\":\"%s\",\"data\":\"%s\"},"
                        "{\"blockHash\":\"%s\",\"requireCanonical\":true}]",
                        hex_encode(from, replay->from.bytes, sizeof replay->from.bytes),
                        replay->creates ? "" : "\"to\":\"", to, replay->creates ? "" : "\",", value,
                        hex_encode_u64(gas, replay->gas), hex_encode(data, replay->data, replay->data_len),
                        hash32_format(hash, block));
}

enum err tx_replay(struct task *task, struct chain *chain, struct tx_replay *replay, const hash32 *block) {
    struct rpc_call call = {.method = "eth_call", .params = write_params(task, replay, block)};
    if (call.params == NULL) return task_fail_memory(task);
    enum err err = rpc_call(task, chain, &call);
    replay->reverted = call.outcome == RPC_REVERTED;
    replay->revert_data = call.revert_data;
    replay->revert_len = call.revert_len;
    return err == ERR_EXECUTION_REVERTED ? ERR_OK : err;
}
