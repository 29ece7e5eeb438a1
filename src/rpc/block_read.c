/* eth_getBlockBy* with the answer checked against the question. Owns nothing.
 * Transactions are asked for by hash only: their bodies would be most of the reply.
 * On the task's thread, in a coroutine. */
#include "block_read.h"

#include <stdio.h>

#include "block_json.h"
#include "eth/hex.h"
#include "rpc/rpc.h"

static void write_params(char out[BLOCK_PARAMS_BYTES], const char *which) {
    snprintf(out, BLOCK_PARAMS_BYTES, "[\"%s\",false]", which);
}

void block_params_tag(char out[BLOCK_PARAMS_BYTES], enum head_tag tag) {
    static const char *const tags[HEAD_TAG_COUNT] = {
        [HEAD_LATEST] = "latest", [HEAD_SAFE] = "safe", [HEAD_FINALIZED] = "finalized"};
    write_params(out, tags[tag]);
}

void block_params_number(char out[BLOCK_PARAMS_BYTES], uint64_t number) {
    char hex[19];
    write_params(out, hex_encode_u64(hex, number));
}

static enum err read_block(struct task *task, struct chain *chain, struct block_ref *out, const char *method,
                           const char *params) {
    struct rpc_call call = {.method = method, .params = params};
    enum err err = rpc_call(task, chain, &call);
    if (err != ERR_OK) return err;
    if (!block_json_read(out, call.result)) return task_fail(task, ERR_UPSTREAM_ERROR, "the node's block is malformed");
    return ERR_OK;
}

enum err block_read_tag(struct task *task, struct chain *chain, struct block_ref *out, enum head_tag tag) {
    char params[BLOCK_PARAMS_BYTES];
    block_params_tag(params, tag);
    return read_block(task, chain, out, "eth_getBlockByNumber", params);
}

enum err block_read_number(struct task *task, struct chain *chain, struct block_ref *out, uint64_t number) {
    char params[BLOCK_PARAMS_BYTES];
    block_params_number(params, number);
    enum err err = read_block(task, chain, out, "eth_getBlockByNumber", params);
    if (err != ERR_OK || out->number == number) return err;
    return task_fail(task, ERR_UPSTREAM_ERROR, "the node answered with another block");
}

enum err block_read_hash(struct task *task, struct chain *chain, struct block_ref *out, const hash32 *hash) {
    char hex[HASH32_TEXT_BYTES], params[BLOCK_PARAMS_BYTES];
    write_params(params, hash32_format(hex, hash));
    enum err err = read_block(task, chain, out, "eth_getBlockByHash", params);
    if (err != ERR_OK || hash32_equal(&out->hash, hash)) return err;
    return task_fail(task, ERR_UPSTREAM_ERROR, "the node answered with another block");
}
