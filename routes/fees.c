/* GET /fees and /nonce/:address: what goes into a transaction before it is signed. The request's coroutine. */
#include "handlers.h"
#include "params.h"
#include "services/chain_service.h"
#include "services/fee_service.h"
#include "views.h"

struct fees_answer {
    struct source source;
    struct fees fees;
};

static void render_speed(struct json_out *out, const char *key, const struct fees *fees, enum fee_speed speed) {
    const struct fee *fee = &fees->speeds[speed];
    json_out_key(out, key);
    json_out_object_begin(out);
    view_amount(out, "max_fee_per_gas", fees->has_base_fee ? &fee->max_fee : NULL);
    view_amount(out, "max_priority_fee_per_gas", fees->has_base_fee ? &fee->priority_fee : NULL);
    view_amount(out, "gas_price", !fees->has_base_fee ? &fee->max_fee : NULL);
    json_out_object_end(out);
}

static void render_forecast(struct json_out *out, const struct fees *fees) {
    if (!fees->has_base_fee) {
        json_out_key_null(out, "forecast");
        return;
    }
    json_out_key(out, "forecast");
    json_out_object_begin(out);
    view_amount(out, "low", &fees->forecast_low);
    view_amount(out, "high", &fees->forecast_high);
    json_out_object_end(out);
}

static void render_fees(struct json_out *out, const void *view) {
    const struct fees_answer *answer = view;
    const struct fees *fees = &answer->fees;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    render_speed(out, "slow", fees, FEE_SLOW);
    render_speed(out, "standard", fees, FEE_STANDARD);
    render_speed(out, "fast", fees, FEE_FAST);
    view_amount(out, "base_fee", fees->has_base_fee ? &fees->base_fee : NULL);
    view_amount(out, "next_base_fee", fees->has_base_fee ? &fees->next_base_fee : NULL);
    render_forecast(out, fees);
    view_amount(out, "blob_base_fee", fees->has_blob_base_fee ? &fees->blob_base_fee : NULL);
    json_out_key_u64(out, "gas_used_percent", fees->gas_used_percent);
    view_block(out, "block", &fees->block);
    json_out_object_end(out);
}

enum err route_fees(struct request *req, struct response *res) {
    struct fees_answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_source(req, &answer->source);
    if (err == ERR_OK) err = fee_service_get(&req->task, &answer->source, &answer->fees);
    if (err != ERR_OK) return err;
    view_now(req, res, render_fees, answer, chain_service_max_age_s(answer->source.chain));
    return ERR_OK;
}

struct nonces_answer {
    struct source source;
    address account;
    struct nonces nonces;
};

static void render_nonces(struct json_out *out, const void *view) {
    const struct nonces_answer *answer = view;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "address", &answer->account);
    view_integer(out, "latest", answer->nonces.latest);
    view_integer(out, "pending", answer->nonces.pending);
    view_block(out, "block", &answer->nonces.block);
    json_out_object_end(out);
}

enum err route_nonce(struct request *req, struct response *res) {
    struct nonces_answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_address(req, &answer->account, 0, "address");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    if (err == ERR_OK) err = fee_service_nonces(&req->task, &answer->source, &answer->nonces, &answer->account);
    if (err != ERR_OK) return err;
    response_json(res, render_nonces, answer);
    return ERR_OK;
}
