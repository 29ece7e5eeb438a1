/* POST /balances: many balances at one block, each failing for itself. The request's coroutine. */
#include "balances_body.h"
#include "body.h"
#include "handlers.h"
#include "params.h"
#include "views.h"

struct answer {
    struct source source;
    struct balances_body body;
    struct block_ref block;
};

static void render_item(struct json_out *out, const struct balance *balance) {
    const struct amount_read *read = &balance->read;
    json_out_object_begin(out);
    view_address(out, "address", &read->owner);
    view_address(out, "token", read->kind != AMOUNT_NATIVE_BALANCE ? &read->token : NULL);
    if (read->err == ERR_OK) {
        view_symbol_and_decimals(out, balance->metadata);
        view_amount(out, "balance", &read->amount);
        view_formatted(out, &read->amount, balance->metadata);
    } else {
        view_error(out, read->err, read->detail);
    }
    json_out_object_end(out);
}

static void render_balances(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_block(out, "block", &answer->block);
    json_out_key_str(out, "source", "live");
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < answer->body.n_items; i++) render_item(out, &answer->body.items[i]);
    json_out_array_end(out);
    json_out_object_end(out);
}

enum err route_balances(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = body_check_type(req, NULL);
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = balances_body_parse(&req->task, &answer->body, req->body);
    if (err == ERR_OK) {
        err = balance_service_get_many(&req->task, &answer->source, answer->body.items, answer->body.n_items,
                                       &answer->block, &answer->body.spec);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_balances, answer);
    return ERR_OK;
}
