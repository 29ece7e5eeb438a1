/* POST /contracts/:address/encode: calldata, and a transaction to sign. The request's coroutine. */
#include "app.h"
#include "body.h"
#include "encode_body.h"
#include "handlers.h"
#include "params.h"
#include "unsigned_tx_view.h"
#include "views.h"

struct answer {
    struct source source;
    struct function_encoding encoding;
};

static void render_encoding(struct json_out *out, const void *view) {
    const struct function_encoding *encoding = &((const struct answer *)view)->encoding;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", encoding->tx.chain_id);
    view_address(out, "to", &encoding->contract);
    json_out_key_str(out, "function", encoding->signature);
    unsigned_tx_view(out, &encoding->tx);
    json_out_object_end(out);
}

enum err route_contract_encode(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = body_check_type(req, NULL);
    if (err == ERR_OK) err = params_address(req, &answer->encoding.contract, 0, "address");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = encode_body_parse(&req->task, &answer->encoding, req->body);
    if (err == ERR_OK) {
        err = encode_service_function(&req->task, req->app->abis, &answer->source, &answer->encoding);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_encoding, answer);
    return ERR_OK;
}
