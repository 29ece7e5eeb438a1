/* POST /estimate: the gas of a transaction that is not signed yet. The request's coroutine. */
#include "app.h"
#include "body.h"
#include "estimate_body.h"
#include "handlers.h"
#include "params.h"
#include "views.h"

struct answer {
    struct source source;
    struct draft draft;
    struct estimate estimate;
};

static void render_estimate(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_integer(out, "gas", answer->estimate.gas);
    view_integer(out, "gas_limit", answer->estimate.gas_limit);
    view_block(out, "block", &answer->estimate.block);
    json_out_object_end(out);
}

enum err route_estimate(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = body_check_type(req, NULL);
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = estimate_body_parse(&req->task, &answer->draft, req->body);
    if (err == ERR_OK) {
        err =
            fee_service_estimate(&req->task, req->app->abis, &answer->source, &answer->estimate, NULL, &answer->draft);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_estimate, answer);
    return ERR_OK;
}
