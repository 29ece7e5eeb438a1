/* POST /contracts/:address/simulate: what a call would do, on a chain that is changed for it. The request's coroutine.
 */
#include "app.h"
#include "body.h"
#include "call_body.h"
#include "handlers.h"
#include "params.h"
#include "views.h"

struct answer {
    struct source source;
    struct contract_simulation simulation;
    struct block_spec spec;
    struct block_ref block;
};

static void render_simulation(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    const struct contract_simulation *simulation = &answer->simulation;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "address", &simulation->contract);
    json_out_key_str(out, "function", simulation->signature);
    if (simulation->reverted) {
        view_piece(out, "revert", &simulation->revert);
    } else {
        view_piece(out, "result", &simulation->result);
    }
    if (simulation->traced) {
        view_integer(out, "gas_used", simulation->gas_used);
    } else {
        json_out_key_null(out, "gas_used");
    }
    view_piece(out, "logs", &simulation->logs);
    json_out_key_str(out, "method", simulation->traced ? "eth_simulateV1" : "eth_call");
    view_block(out, "block", &answer->block);
    json_out_object_end(out);
}

enum err route_contract_simulate(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = body_check_type(req, NULL);
    if (err == ERR_OK) err = params_address(req, &answer->simulation.contract, 0, "address");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = simulate_body_parse(&req->task, &answer->simulation, &answer->spec, req->body);
    if (err == ERR_OK) {
        err = simulate_service_run(&req->task, req->app->abis, &answer->source, &answer->simulation, &answer->block,
                                   &answer->spec);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_simulation, answer);
    return ERR_OK;
}
