/* GET /contracts, and PUT, GET and DELETE /contracts/:address: contracts that are registered with their ABI. The
 * request's coroutine. */
#include <string.h>

#include "account.h"
#include "app.h"
#include "body.h"
#include "contract_body.h"
#include "contract_view.h"
#include "handlers.h"
#include "if_match.h"
#include "page.h"
#include "params.h"
#include "services/contract_service.h"

struct answer {
    struct source source;
    struct contract_row row;
    const struct known_contract *known;
};

struct contract_list {
    struct source source;
    struct page page;
    struct contract_page contracts;
};

static void render_contract(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    contract_view_whole(out, &answer->row, answer->known->abi);
}

/* What was registered is shown as whoever asks for it sees it. */
static enum err show(struct request *req, struct response *res, struct answer *answer, const address *contract) {
    enum err err =
        contract_service_get(&req->task, req->app->abis, &answer->source, &answer->row, &answer->known, contract);
    if (err != ERR_OK) return err;
    if_match_set_etag(res, (uint64_t)answer->row.version);
    response_json(res, render_contract, answer);
    return ERR_OK;
}

enum err route_contract(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    address contract;
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_address(req, &contract, 0, "address");
    if (err == ERR_OK) err = params_source(req, &answer->source);
    return err == ERR_OK ? show(req, res, answer, &contract) : err;
}

/* ?proxy=auto */
static enum err read_proxy(struct request *req, bool *out) {
    struct slice text;
    *out = request_query(req, &text, "proxy");
    if (!*out || slice_is(text, "auto")) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "proxy \"%.*s\" is not auto", slice_shown(text), text.p);
}

static enum err read_wish(struct request *req, struct contract_wish *out) {
    address contract;
    bool proxy = false;
    enum err err = params_address(req, &contract, 0, "address");
    if (err == ERR_OK) err = read_proxy(req, &proxy);
    if (err == ERR_OK) err = body_check_type(req, NULL);
    if (err == ERR_OK) err = contract_body_parse(&req->task, out, req->body);
    out->address = contract;
    out->proxy = proxy;
    return err;
}

enum err route_contract_put(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    struct contract_wish wish = {.name = NULL};
    struct expected_versions expected;
    char text[ADDRESS_TEXT_BYTES];
    bool created = false;
    if (answer == NULL) return task_fail_memory(&req->task);
    enum err err = params_source(req, &answer->source);
    if (err == ERR_OK) err = read_wish(req, &wish);
    if (err == ERR_OK) err = if_match_read(req, &expected, false);
    if (err == ERR_OK) {
        err = contract_service_put(&req->task, &caller, req->app->abis, &answer->source, &answer->row, &created, &wish,
                                   &expected);
    }
    if (err == ERR_OK) err = show(req, res, answer, &wish.address);
    if (err != ERR_OK || !created) return err;
    res->status = 201;
    response_headerf(res, "Location", "/contracts/%s?chain=%llu", address_format(text, &wish.address),
                     (unsigned long long)answer->row.chain_id);
    return ERR_OK;
}

enum err route_contract_delete(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct expected_versions expected;
    struct source source;
    address contract;
    enum err err = params_address(req, &contract, 0, "address");
    if (err == ERR_OK) err = params_source(req, &source);
    if (err == ERR_OK) err = if_match_read(req, &expected, false);
    if (err == ERR_OK) {
        err = contract_service_delete(&req->task, &caller, req->app->abis, &source, &contract, &expected);
    }
    res->status = 204;
    return err;
}

static void render_list(struct json_out *out, const void *view) {
    const struct contract_list *list = view;
    json_out_object_begin(out);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < list->contracts.n_rows; i++) contract_view(out, &list->contracts.rows[i]);
    json_out_array_end(out);
    page_render_next(out, &list->page);
    json_out_object_end(out);
}

/* The list is of a chain, but true at no block: its cursors are of none. */
enum err route_contracts(struct request *req, struct response *res) {
    struct contract_list *list = arena_alloc(req->task.arena, sizeof *list);
    address after;
    if (list == NULL) return task_fail_memory(&req->task);
    struct contract_page *contracts = &list->contracts;
    enum err err = params_source(req, &list->source);
    if (err != ERR_OK) return err;
    const char *name = chain_name(list->source.chain);
    err = page_read(req, &list->page, NULL, CURSOR_CONTRACTS, name, strlen(name), sizeof after);
    if (err != ERR_OK) return err;
    memcpy(after.bytes, list->page.cursor.place, sizeof after.bytes);
    err = contract_service_page(&req->task, &list->source, contracts, list->page.goes_on ? &after : NULL,
                                list->page.limit);
    if (err == ERR_OK && contracts->more) {
        err = page_set_next(req, res, &list->page, NULL, &contracts->rows[contracts->n_rows - 1].address);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_list, list);
    return ERR_OK;
}
