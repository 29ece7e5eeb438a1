/* Shared by the routes of watched calls. Owns nothing; the request's coroutine. */
#include "watch_view.h"

#include "account.h"
#include "views.h"

void watch_view_members(struct json_out *out, const struct watch *watch) {
    account_view_id(out, "id", &watch->id);
    json_out_key_str(out, "function", watch->signature);
    json_out_key(out, "args");
    json_out_raw(out, watch->args, watch->args_len);
    json_out_key_str(out, "event", watch->event);
}

void watch_view_reading(struct json_out *out, const struct watch_reading *reading) {
    const struct watch_state *state = reading->state;
    if (!state->known) {
        json_out_null(out);
        return;
    }
    const bool read = reading->result.text != NULL || reading->revert.text != NULL;
    json_out_object_begin(out);
    view_piece(out, "result", &reading->result);
    view_piece(out, "revert", &reading->revert);
    json_out_key(out, "data");
    if (read) {
        json_out_null(out);
    } else {
        json_out_hex(out, state->data, state->data_len);
    }
    json_out_key_u64(out, "read_block", state->read);
    view_block(out, "from", &state->first);
    json_out_key_u64(out, "to_block", state->last);
    json_out_object_end(out);
}
