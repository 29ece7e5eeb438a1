/* POST /contracts/:address/deploy, with the ABI that is registered there, and POST /deploy, with one of its own: a
 * transaction to sign that creates a contract. The request's coroutine. */
#include "app.h"
#include "body.h"
#include "encode_body.h"
#include "handlers.h"
#include "params.h"
#include "unsigned_tx_view.h"
#include "views.h"

struct answer {
    struct source source;
    struct deployment deployment;
};

static void render_deployment(struct json_out *out, const void *view) {
    const struct deployment *deployment = &((const struct answer *)view)->deployment;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", deployment->tx.chain_id);
    json_out_key_null(out, "to");
    view_address(out, "address", deployment->has_address ? &deployment->address : NULL);
    json_out_key_str(out, "signature", deployment->signature);
    unsigned_tx_view(out, &deployment->tx);
    json_out_object_end(out);
}

static enum err answer_deployment(struct request *req, struct response *res, struct answer *answer) {
    enum err err = params_source(req, &answer->source);
    if (err == ERR_OK) err = deploy_body_parse(&req->task, &answer->deployment, req->body);
    if (err == ERR_OK) {
        err = encode_service_deployment(&req->task, req->app->abis, &answer->source, &answer->deployment);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_deployment, answer);
    return ERR_OK;
}

enum err route_deploy(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = body_check_type(req, NULL);
    return err == ERR_OK ? answer_deployment(req, res, answer) : err;
}

enum err route_contract_deploy(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    answer->deployment.registered = true;
    enum err err = body_check_type(req, NULL);
    if (err == ERR_OK) err = params_address(req, &answer->deployment.like, 0, "address");
    return err == ERR_OK ? answer_deployment(req, res, answer) : err;
}
