/* eth_getBlockBy* with the answer checked against the question. Owns nothing.
 * Transactions are asked for by hash only: their bodies would be most of the reply.
 * On the task's thread, in a coroutine. */
#include "block_read.h"

#include <stdio.h>

#include "block_json.h"
#include "eth/hex.h"
#include "rpc/rpc.h"

enum { PARAMS_BYTES = 96 };

static enum err read_block(struct task *task, struct chain *chain, struct block_ref *out, const char *method,
                           const char *which) {
    char params[PARAMS_BYTES];
    snprintf(params, sizeof(params), "[\"%s\",false]", which);
    struct rpc_call call = {.method = method, .params = params};
    enum err err = rpc_call(task, chain, &call);
    if (err != ERR_OK) return err;
    if (!block_json_read(out, call.result)) return task_fail(task, ERR_UPSTREAM_ERROR, "the node's block is malformed");
    return ERR_OK;
}

enum err block_read_tag(struct task *task, struct chain *chain, struct block_ref *out, enum head_tag tag) {
    static const char *const tags[HEAD_TAG_COUNT] = {
        [HEAD_LATEST] = "latest", [HEAD_SAFE] = "safe", [HEAD_FINALIZED] = "finalized"};
    return read_block(task, chain, out, "eth_getBlockByNumber", tags[tag]);
}

enum err block_read_number(struct task *task, struct chain *chain, struct block_ref *out, uint64_t number) {
    char hex[19];
    enum err err = read_block(task, chain, out, "eth_getBlockByNumber", hex_encode_u64(hex, number));
    if (err != ERR_OK || out->number == number) return err;
    return task_fail(task, ERR_UPSTREAM_ERROR, "the node answered with another block");
}

enum err block_read_hash(struct task *task, struct chain *chain, struct block_ref *out, const hash32 *hash) {
    char hex[HASH32_TEXT_BYTES];
    enum err err = read_block(task, chain, out, "eth_getBlockByHash", hash32_format(hex, hash));
    if (err != ERR_OK || hash32_equal(&out->hash, hash)) return err;
    return task_fail(task, ERR_UPSTREAM_ERROR, "the node answered with another block");
}
