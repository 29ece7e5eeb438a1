/* POST /keys, GET /keys and DELETE /keys/:id: API keys. The request's coroutine. */
#include <string.h>

#include "account.h"
#include "body.h"
#include "core/scope_table.h"
#include "handlers.h"
#include "key_body.h"
#include "page.h"

struct new_key {
    struct api_key key;
    char text[API_KEY_TEXT_BYTES];
};

struct key_list {
    struct page page;
    struct api_key_page keys;
};

static void render_members(struct json_out *out, const struct api_key *key) {
    account_view_id(out, "id", &key->id);
    json_out_key_str(out, "name", key->name);
    json_out_key(out, "scopes");
    json_out_array_begin(out);
    for (size_t i = 0; i < scope_count; i++) {
        if ((key->scopes & scope_table[i].scope) != 0) json_out_str(out, scope_table[i].name);
    }
    json_out_array_end(out);
    json_out_key_u64(out, "created_at", key->created_at_s);
    account_view_time(out, "expires_at", key->expires_at_s);
    account_view_time(out, "last_used_at", key->last_used_at_s);
}

static void render_new_key(struct json_out *out, const void *view) {
    const struct new_key *made = view;
    json_out_object_begin(out);
    render_members(out, &made->key);
    json_out_key_str(out, "key", made->text);
    json_out_object_end(out);
}

enum err route_keys_create(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct new_key *made = arena_alloc(req->task.arena, sizeof *made);
    struct key_wish wish;
    const struct replay *replay;
    bool replayed = false;
    if (made == NULL) return task_fail_memory(&req->task);
    enum err err = body_check_type(req, NULL);
    if (err == ERR_OK) err = key_body_parse(&req->task, &wish, req->body);
    if (err == ERR_OK) err = account_replay(req, &replay);
    if (err == ERR_OK) {
        err = key_service_create(&req->task, &caller, &made->key, made->text, &replayed, &wish, replay);
    }
    if (err != ERR_OK) return err;
    account_created(res, replayed);
    response_json(res, render_new_key, made);
    return ERR_OK;
}

static void render_keys(struct json_out *out, const void *view) {
    const struct key_list *list = view;
    json_out_object_begin(out);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < list->keys.n_rows; i++) {
        json_out_object_begin(out);
        render_members(out, &list->keys.rows[i]);
        json_out_object_end(out);
    }
    json_out_array_end(out);
    page_render_next(out, &list->page);
    json_out_object_end(out);
}

enum err route_keys(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct key_list *list = arena_alloc(req->task.arena, sizeof *list);
    uuid user, after;
    bool given;
    if (list == NULL) return task_fail_memory(&req->task);
    struct api_key_page *keys = &list->keys;
    enum err err = account_query_user(req, &user, &given);
    if (!given) user = req->principal.user;
    if (err == ERR_OK) {
        err = page_read(req, &list->page, NULL, CURSOR_KEYS, user.bytes, sizeof user.bytes, sizeof after);
    }
    if (err != ERR_OK) return err;
    memcpy(after.bytes, list->page.cursor.place, sizeof after.bytes);
    err = key_service_page(&req->task, &caller, keys, &user, list->page.goes_on ? &after : NULL, list->page.limit);
    if (err == ERR_OK && keys->more) {
        err = page_set_next(req, res, &list->page, NULL, &keys->rows[keys->n_rows - 1].id);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_keys, list);
    return ERR_OK;
}

enum err route_key_delete(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    uuid id;
    enum err err = account_id(req, &id, 0, "the key");
    if (err == ERR_OK) err = key_service_delete(&req->task, &caller, &id);
    res->status = 204;
    return err;
}
