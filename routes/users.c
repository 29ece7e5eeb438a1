/* GET /users and POST /users: all of them, for admins. The request's coroutine. */
#include <string.h>

#include "account.h"
#include "handlers.h"
#include "page.h"
#include "user_change.h"
#include "user_view.h"

struct answer {
    struct page page;
    struct user_page users;
};

static void render_users(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < answer->users.n_rows; i++) user_view(out, &answer->users.rows[i]);
    json_out_array_end(out);
    page_render_next(out, &answer->page);
    json_out_object_end(out);
}

enum err route_users(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    uuid after;
    if (answer == NULL) return task_fail_memory(&req->task);
    struct user_page *users = &answer->users;
    enum err err = page_read(req, &answer->page, NULL, CURSOR_USERS, "", 0, sizeof after);
    if (err != ERR_OK) return err;
    memcpy(after.bytes, answer->page.cursor.place, sizeof after.bytes);
    err = user_service_page(&req->task, &caller, users, answer->page.goes_on ? &after : NULL, answer->page.limit);
    if (err == ERR_OK && users->more) {
        err = page_set_next(req, res, &answer->page, NULL, &users->rows[users->n_rows - 1].id);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_users, answer);
    return ERR_OK;
}

enum err route_users_create(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct user *user = arena_alloc(req->task.arena, sizeof *user);
    char id[UUID_TEXT_BYTES];
    struct user_change what;
    const struct replay *replay;
    bool replayed = false;
    if (user == NULL) return task_fail_memory(&req->task);
    enum err err = user_change_read(req, &what);
    if (err == ERR_OK) err = account_replay(req, &replay);
    if (err == ERR_OK) err = user_service_create(&req->task, &caller, user, &replayed, &what, replay);
    if (err != ERR_OK) return err;
    response_headerf(res, "Location", "/users/%s", uuid_format(id, &user->id));
    user_view_created(res, user, replayed);
    return ERR_OK;
}
