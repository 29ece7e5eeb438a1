/* GET /tokens: the tokens of the index. The request's coroutine. */
#include <string.h>

#include "handlers.h"
#include "page.h"
#include "params.h"
#include "services/token_list.h"
#include "views.h"

struct answer {
    struct source source;
    struct page page;
    struct token_page tokens;
};

static void render_item(struct json_out *out, const struct token_summary *token) {
    json_out_object_begin(out);
    view_address(out, "token", &token->address);
    view_summary_name(out, token);
    view_summary_units(out, token);
    json_out_key_bool(out, "live", token->live);
    view_summary_index(out, token);
    json_out_object_end(out);
}

static void render_tokens(struct json_out *out, const void *view) {
    const struct answer *answer = view;
    json_out_object_begin(out);
    json_out_key_u64(out, "chain_id", chain_id(answer->source.chain));
    view_block(out, "block", &answer->tokens.tip);
    json_out_key(out, "items");
    json_out_array_begin(out);
    for (size_t i = 0; i < answer->tokens.n_tokens; i++) render_item(out, &answer->tokens.tokens[i]);
    json_out_array_end(out);
    page_render_next(out, &answer->page);
    json_out_object_end(out);
}

enum err route_tokens(struct request *req, struct response *res) {
    struct answer *answer = arena_alloc(req->task.arena, sizeof *answer);
    if (answer == NULL) return task_fail_memory(&req->task);
    address after;
    enum err err = params_source(req, &answer->source);
    if (err == ERR_OK) err = page_read(req, &answer->page, &answer->source, CURSOR_TOKENS, "", 0, sizeof after);
    if (err != ERR_OK) return err;
    memcpy(after.bytes, answer->page.cursor.place, sizeof after.bytes);
    struct token_page *tokens = &answer->tokens;
    err = token_list_get(&req->task, &answer->source, tokens, answer->page.goes_on ? &after : NULL, answer->page.limit);
    if (err == ERR_OK && tokens->more) {
        err = page_set_next(req, res, &answer->page, &tokens->tip, &tokens->tokens[tokens->n_tokens - 1].address);
    }
    if (err != ERR_OK) return err;
    view_now(req, res, render_tokens, answer, indexed_max_age_s(&answer->source, &tokens->tip));
    return ERR_OK;
}
