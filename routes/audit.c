/* GET /audit: the log of changes, newest first, for admins. The request's coroutine. */
#include "account.h"
#include "handlers.h"
#include "page.h"
#include "services/audit_service.h"

enum { PLACE_BYTES = 8 };

struct answer {
    struct page page;
    struct audit_page rows;
};

static void render_contract(struct json_out *out, const struct audit_row *row) {
    char text[ADDRESS_TEXT_BYTES];
    json_out_key(out, "contract");
    if (!row->has_contract) {
        json_out_null(out);
        return;
    }
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", row->chain_id);
    json_out_key_str(out, "address", address_format(text, &row->contract));
    json_out_object_end(out);
}

static void render_row(struct json_out *out, const struct audit_row *row) {
    json_out_object_begin(out);
    json_out_key_u64(out, "id", row->id);
    json_out_key_u64(out, "at", row->at_s);
    account_view_id(out, "actor", row->has_actor ? &row->actor : NULL);
    account_view_id(out, "actor_key", row->has_actor_key ? &row->actor_key : NULL);
    json_out_key_str(out, "action", row->action);
    account_view_id(out, "user_id", &row->user);
    account_view_id(out, "subject", row->has_subject ? &row->subject : NULL);
    render_contract(out, row);
    json_out_key(out, "members");
    json_out_array_begin(out);
    for (size_t i = 0; i < row->n_members; i++) json_out_str(out, row->members[i]);
    json_out_array_end(out);
    json_out_key_str(out, "request_id", row->request_id);
    json_out_object_end(out);
}

static void render_rows(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < answer->rows.n_rows; i++) render_row(out, &answer->rows.rows[i]);
    json_out_array_end(out);
    page_render_next(out, &answer->page);
    json_out_object_end(out);
}

enum err route_audit(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    uint8_t place[PLACE_BYTES];
    uuid user;
    bool given;
    if (answer == NULL) return task_fail_memory(&req->task);
    struct audit_page *rows = &answer->rows;
    enum err err = account_query_user(req, &user, &given);
    if (err == ERR_OK) {
        err = page_read(req, &answer->page, NULL, CURSOR_AUDIT, user.bytes, given ? sizeof user.bytes : 0, PLACE_BYTES);
    }
    if (err != ERR_OK) return err;
    const uint8_t *p = answer->page.cursor.place;
    uint64_t before = cursor_get(&p, PLACE_BYTES); /* 0 on the first page */
    err = audit_service_page(&req->task, &caller, rows, before, given ? &user : NULL, answer->page.limit);
    if (err == ERR_OK && rows->more) {
        (void)cursor_put(place, rows->rows[rows->n_rows - 1].id, PLACE_BYTES);
        err = page_set_next(req, res, &answer->page, NULL, place);
    }
    if (err != ERR_OK) return err;
    response_json(res, render_rows, answer);
    return ERR_OK;
}
