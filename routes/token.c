/* GET /tokens/:token: what a token says of itself, and its supply. The request's coroutine. */
#include "handlers.h"
#include "params.h"
#include "services/token_service.h"
#include "views.h"

struct answer {
    struct source source;
    struct block_spec spec;
    struct block_ref block;
    struct token token;
};

static void render_token(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    const struct token *token = &answer->token;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "token", &token->address);
    json_out_key_str(out, "name", token->metadata.has_name ? token->metadata.name : NULL);
    view_symbol_and_decimals(out, &token->metadata);
    if (token->has_total_supply) {
        view_amount(out, "total_supply", &token->total_supply);
        view_formatted(out, &token->total_supply, &token->metadata);
    } else {
        json_out_key_null(out, "total_supply");
        json_out_key_null(out, "formatted");
    }
    view_block(out, "block", &answer->block);
    json_out_key_str(out, "source", "live");
    json_out_object_end(out);
}

enum err route_token(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_address(req, &answer->token.address, 0, "token");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = params_block(req, &answer->spec);
    if (err == ERR_OK) {
        err = token_service_get(&req->task, &answer->source, &answer->token, &answer->block, &answer->spec);
    }
    if (err != ERR_OK) return err;
    view_set_caching(req, res, &answer->source, &answer->spec, &answer->block, &answer->token.metadata);
    response_json(res, render_token, answer);
    return ERR_OK;
}
