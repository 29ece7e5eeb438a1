/* A user as JSON. Owns nothing; the request's coroutine. */
#include "user_view.h"

#include "account.h"
#include "if_match.h"
#include "views.h"

static void render_address(struct json_out *out, const struct user_address *known) {
    json_out_object_begin(out);
    view_address(out, "address", &known->address);
    if (known->chain_id == 0) {
        json_out_key_null(out, "chain_id");
    } else {
        json_out_key_u64(out, "chain_id", known->chain_id);
    }
    json_out_key_u64(out, "proven_at", known->proven_at_s);
    json_out_object_end(out);
}

void user_view(struct json_out *out, const struct user *user) {
    json_out_object_begin(out);
    account_view_id(out, "id", &user->id);
    json_out_key_str(out, "role", user->admin ? "admin" : "user");
    json_out_key_str(out, "name", user->name);
    json_out_key_str(out, "email", user->email);
    json_out_key(out, "addresses");
    json_out_array_begin(out);
    for (size_t i = 0; i < user->n_addresses; i++) render_address(out, &user->addresses[i]);
    json_out_array_end(out);
    json_out_key_u64(out, "version", user->version);
    json_out_key_u64(out, "created_at", user->created_at_s);
    json_out_key_u64(out, "updated_at", user->updated_at_s);
    json_out_object_end(out);
}

static void render_user(struct json_out *out, const void *view) {
    user_view(out, view);
}

void user_view_answer(struct response *res, const struct user *user) {
    if_match_set_etag(res, user->version);
    response_json(res, render_user, user);
}

void user_view_created(struct response *res, const struct user *user, bool replayed) {
    account_created(res, replayed);
    user_view_answer(res, user);
}
