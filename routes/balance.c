/* GET /balance/:address and /balance/:address/:token, GET /allowance/:owner/:spender/:token: one amount with its token
 * at one block. The request's coroutine. */
#include "handlers.h"
#include "indexed_balance.h"
#include "params.h"
#include "services/balance_service.h"
#include "views.h"

struct answer {
    struct source source;
    struct block_spec spec;
    struct block_ref block;
    struct balance balance;
};

static void render_balance(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    const struct amount_read *read = &answer->balance.read;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "address", &read->owner);
    view_address(out, "token", read->kind != AMOUNT_NATIVE_BALANCE ? &read->token : NULL);
    view_symbol_and_decimals(out, answer->balance.metadata);
    view_amount(out, "balance", &read->amount);
    view_formatted(out, &read->amount, answer->balance.metadata);
    view_block(out, "block", &answer->block);
    json_out_key_str(out, "source", "live");
    json_out_object_end(out);
}

static void render_allowance(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    const struct amount_read *read = &answer->balance.read;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "owner", &read->owner);
    view_address(out, "spender", &read->spender);
    view_address(out, "token", &read->token);
    view_symbol_and_decimals(out, answer->balance.metadata);
    view_amount(out, "allowance", &read->amount);
    view_formatted(out, &read->amount, answer->balance.metadata);
    view_block(out, "block", &answer->block);
    json_out_key_str(out, "source", "live");
    json_out_object_end(out);
}

/* In: read, what the path asks for. */
static enum err answer_amount(struct request *req, struct response *res, const struct amount_read *read,
                              render_fn render) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    answer->balance.read = *read;
    enum err err = params_source(req, &answer->source);
    if (err == ERR_OK) err = params_block(req, &answer->spec);
    if (err == ERR_OK) {
        err = balance_service_get(&req->task, &answer->source, &answer->balance, &answer->block, &answer->spec);
    }
    if (err != ERR_OK) return err;
    view_set_caching(req, res, &answer->source, &answer->spec, &answer->block, answer->balance.metadata);
    response_json(res, render, answer);
    return ERR_OK;
}

enum err route_balance_native(struct request *req, struct response *res) {
    struct amount_read read = {.kind = AMOUNT_NATIVE_BALANCE};
    enum err err = params_address(req, &read.owner, 0, "address");
    return err != ERR_OK ? err : answer_amount(req, res, &read, render_balance);
}

enum err route_balance_token(struct request *req, struct response *res) {
    struct amount_read read = {.kind = AMOUNT_TOKEN_BALANCE};
    enum err err = params_address(req, &read.owner, 0, "address");
    if (err == ERR_OK) err = params_address(req, &read.token, 1, "token");
    enum balance_source source;
    if (err == ERR_OK) err = indexed_balance_source(req, &source);
    if (err != ERR_OK) return err;
    return source == BALANCE_LIVE ? answer_amount(req, res, &read, render_balance)
                                  : indexed_balance_answer(req, res, source, &read.owner, &read.token);
}

enum err route_allowance(struct request *req, struct response *res) {
    struct amount_read read = {.kind = AMOUNT_ALLOWANCE};
    enum err err = params_address(req, &read.owner, 0, "owner");
    if (err == ERR_OK) err = params_address(req, &read.spender, 1, "spender");
    if (err == ERR_OK) err = params_address(req, &read.token, 2, "token");
    return err != ERR_OK ? err : answer_amount(req, res, &read, render_allowance);
}
