/* POST /contracts/:address/call: what a function returns at a block. The request's coroutine. */
#include "app.h"
#include "body.h"
#include "call_body.h"
#include "handlers.h"
#include "params.h"
#include "views.h"

struct answer {
    struct source source;
    struct contract_call call;
    struct block_spec spec;
    struct block_ref block;
};

static void render_call(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "address", &answer->call.contract);
    json_out_key_str(out, "function", answer->call.signature);
    json_out_key(out, "result");
    json_out_raw(out, answer->call.result.text, answer->call.result.len);
    view_block(out, "block", &answer->block);
    json_out_object_end(out);
}

enum err route_contract_call(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = body_check_type(req, NULL);
    if (err == ERR_OK) err = params_address(req, &answer->call.contract, 0, "address");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = call_body_parse(&req->task, &answer->call, &answer->spec, req->body);
    if (err == ERR_OK) {
        err = call_service_call(&req->task, req->app->abis, &answer->source, &answer->call, &answer->block,
                                &answer->spec);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_call, answer);
    return ERR_OK;
}
