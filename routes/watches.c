/* POST and GET /contracts/:address/watches, DELETE /contracts/:address/watches/:id: calls that are read in new blocks.
 * The request's coroutine. */
#include "account.h"
#include "app.h"
#include "body.h"
#include "handlers.h"
#include "params.h"
#include "watch_body.h"
#include "watch_view.h"

struct watch_list {
    struct watch *watches;
    size_t n;
};

static void render_whole(struct json_out *out, const struct watch *watch) {
    json_out_object_begin(out);
    watch_view_members(out, watch);
    json_out_key_u64(out, "created_at", watch->created_at);
    json_out_object_end(out);
}

static void render_watch(struct json_out *out, const void *view) {
    render_whole(out, view);
}

enum err route_watch_create(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct watch *watch = arena_alloc(req->task.arena, sizeof *watch);
    char text[ADDRESS_TEXT_BYTES], id[UUID_TEXT_BYTES];
    struct watch_wish wish;
    struct source source;
    address contract;
    bool created = false;
    if (watch == NULL) return task_fail_memory(&req->task);
    enum err err = params_address(req, &contract, 0, "address");
    if (err == ERR_OK) err = params_source(req, &source);
    if (err == ERR_OK) err = body_check_type(req, NULL);
    if (err == ERR_OK) err = watch_body_parse(&req->task, &wish, req->body);
    if (err != ERR_OK) return err;
    wish.contract = contract;
    err = watch_service_create(&req->task, &caller, req->app->abis, &source, watch, &created, &wish);
    if (err != ERR_OK) return err;
    res->status = created ? 201 : 200;
    response_headerf(res, "Location", "/contracts/%s/state/%s?chain=%llu", address_format(text, &contract),
                     uuid_format(id, &watch->id), (unsigned long long)chain_id(source.chain));
    response_json(res, render_watch, watch);
    return ERR_OK;
}

static void render_list(struct json_out *out, const void *view) {
    const struct watch_list *list = view;
    json_out_object_begin(out);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < list->n; i++) render_whole(out, &list->watches[i]);
    json_out_array_end(out);
    json_out_object_end(out);
}

enum err route_watches(struct request *req, struct response *res) {
    struct watch_list *list = arena_alloc(req->task.arena, sizeof *list);
    struct source source;
    address contract;
    if (list == NULL) return task_fail_memory(&req->task);
    enum err err = params_address(req, &contract, 0, "address");
    if (err == ERR_OK) err = params_source(req, &source);
    if (err == ERR_OK) {
        err = watch_service_list(&req->task, req->app->abis, &source, &list->watches, &list->n, &contract);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_list, list);
    return ERR_OK;
}

enum err route_watch_delete(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct source source;
    address contract;
    uuid id;
    enum err err = params_address(req, &contract, 0, "address");
    if (err == ERR_OK) err = account_id(req, &id, 1, "the watch");
    if (err == ERR_OK) err = params_source(req, &source);
    if (err == ERR_OK) err = watch_service_delete(&req->task, &caller, &source, &contract, &id);
    res->status = 204;
    return err;
}
