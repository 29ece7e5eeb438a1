/* GET, PATCH and DELETE /users/:id: one's own, or as an admin anybody's. The request's coroutine. */
#include "account.h"
#include "handlers.h"
#include "if_match.h"
#include "user_change.h"
#include "user_view.h"

enum err route_user(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct user *user = arena_alloc(req->task.arena, sizeof *user);
    uuid id;
    if (user == NULL) return task_fail_memory(&req->task);
    enum err err = account_user(req, &id, 0);
    if (err == ERR_OK) err = user_service_get(&req->task, &caller, user, &id);
    if (err != ERR_OK) return err;
    user_view_answer(res, user);
    return ERR_OK;
}

enum err route_user_update(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct user *user = arena_alloc(req->task.arena, sizeof *user);
    uuid id;
    struct user_change what;
    struct expected_versions expected;
    if (user == NULL) return task_fail_memory(&req->task);
    enum err err = account_user(req, &id, 0);
    if (err == ERR_OK) err = user_change_read(req, &what);
    if (err == ERR_OK) err = if_match_read(req, &expected, true);
    if (err == ERR_OK) err = user_service_update(&req->task, &caller, user, &id, &expected, &what);
    if (err != ERR_OK) return err;
    user_view_answer(res, user);
    return ERR_OK;
}

enum err route_user_delete(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    uuid id;
    struct expected_versions expected;
    enum err err = account_user(req, &id, 0);
    if (err == ERR_OK) err = if_match_read(req, &expected, false);
    if (err == ERR_OK) err = user_service_delete(&req->task, &caller, &id, &expected);
    res->status = 204;
    return err;
}
