/* ?source=indexed and ?source=auto: a balance that says where it comes from. Memory is the request's arena; the
 * request's coroutine. */
#include "indexed_balance.h"

#include "params.h"
#include "services/chain_service.h"
#include "services/indexed.h"
#include "services/indexed_balance.h"
#include "views.h"

struct answer {
    struct source source;
    struct indexed_balance balance;
};

enum err indexed_balance_source(struct request *req, enum balance_source *out) {
    static const char *const names[] = {
        [BALANCE_LIVE] = "live", [BALANCE_INDEXED] = "indexed", [BALANCE_AUTO] = "auto"};
    struct slice text;
    *out = BALANCE_LIVE;
    if (!request_query(req, &text, "source")) return ERR_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *out = (enum balance_source)i;
        if (slice_is(text, names[i])) return ERR_OK;
    }
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "source \"%.*s\" is not live, indexed or auto",
                     slice_shown(text), text.p);
}

/* What the index says of the token, or null where it says nothing. */
static void render_index(struct json_out *out, const struct balance_point *point) {
    if (point->has_token && point->token.live) {
        view_summary_index(out, &point->token);
    } else {
        json_out_key_null(out, "index");
    }
}

static void render_amount(struct json_out *out, const struct indexed_balance *balance) {
    if (balance->indexed) {
        view_summary_units(out, &balance->point.token);
        view_amount(out, "balance", &balance->point.amount);
        view_summary_formatted(out, &balance->point.amount, &balance->point.token);
    } else {
        view_symbol_and_decimals(out, balance->live.metadata);
        view_amount(out, "balance", &balance->live.read.amount);
        view_formatted(out, &balance->live.read.amount, balance->live.metadata);
    }
}

static void render_balance(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    const struct indexed_balance *balance = &answer->balance;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_address(out, "address", &balance->holder);
    view_address(out, "token", &balance->token);
    render_amount(out, balance);
    view_block(out, "block", &balance->block);
    json_out_key_str(out, "source", balance->indexed ? "indexed" : "live");
    render_index(out, &balance->point);
    json_out_object_end(out);
}

/* The index keeps balances at its tip only. */
static enum err check_block(struct request *req) {
    struct block_spec spec;
    enum err err = params_block(req, &spec);
    if (err != ERR_OK || spec.kind == BLOCK_LATEST) return err;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "block must be latest unless source is live");
}

enum err indexed_balance_answer(struct request *req, struct response *res, enum balance_source source,
                                const address *holder, const address *token) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    struct indexed_balance *balance = &answer->balance;
    balance->holder = *holder;
    balance->token = *token;
    enum err err = params_source(req, &answer->source);
    if (err == ERR_OK) err = check_block(req);
    if (err != ERR_OK) return err;
    err = source == BALANCE_INDEXED ? indexed_balance_get(&req->task, &answer->source, balance)
                                    : indexed_balance_auto(&req->task, &answer->source, balance);
    if (err != ERR_OK) return err;
    view_now(req, res, render_balance, answer,
             balance->indexed ? indexed_max_age_s(&answer->source, &balance->block)
                              : chain_service_max_age_s(answer->source.chain));
    return ERR_OK;
}
