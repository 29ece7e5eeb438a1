/* POST /users/:id/addresses and DELETE /users/:id/addresses/:address: what a user signs in with. The request's
 * coroutine. */
#include "account.h"
#include "core/decimal.h"
#include "handlers.h"
#include "if_match.h"
#include "signed_message.h"
#include "user_view.h"

enum err route_user_address_add(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct user *user = arena_alloc(req->task.arena, sizeof *user);
    uuid id;
    struct signed_message body;
    const struct replay *replay;
    bool replayed = false;
    if (user == NULL) return task_fail_memory(&req->task);
    enum err err = account_user(req, &id, 0);
    if (err == ERR_OK) err = signed_message_read(req, &body);
    if (err == ERR_OK) err = account_replay(req, &replay);
    if (err != ERR_OK) return err;
    const struct address_claim claim = {.message = body.message.p,
                                        .message_len = body.message.len,
                                        .signature = body.signature,
                                        .signature_len = body.signature_len};
    err = user_service_add_address(&req->task, &caller, user, &replayed, &id, &claim, replay);
    if (err != ERR_OK) return err;
    user_view_created(res, user, replayed);
    return ERR_OK;
}

/* Not shown: whose it is may be personal. */
static enum err read_address(struct request *req, address *out, size_t index) {
    enum err err = address_parse(out, req->params[index].p, req->params[index].len);
    if (err == ERR_OK) return err;
    return task_fail(&req->task, err, "address is not 0x and 40 hex digits with, in mixed case, their checksum");
}

/* ?chain=, as an id: the chain may be one that is not configured any more. */
static enum err read_chain_id(struct request *req, uint64_t *out) {
    struct slice text;
    *out = 0;
    if (!request_query(req, &text, "chain")) return ERR_OK;
    if (decimal_parse_u64(out, text.p, text.len) && *out > 0 && *out <= INT64_MAX) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER, "chain is not the id of a chain, in decimal");
}

enum err route_user_address_remove(struct request *req, struct response *res) {
    const struct caller caller = account_caller(req);
    struct user *user = arena_alloc(req->task.arena, sizeof *user);
    uuid id;
    address what;
    uint64_t chain_id;
    struct expected_versions expected;
    if (user == NULL) return task_fail_memory(&req->task);
    enum err err = account_user(req, &id, 0);
    if (err == ERR_OK) err = read_address(req, &what, 1);
    if (err == ERR_OK) err = read_chain_id(req, &chain_id);
    if (err == ERR_OK) err = if_match_read(req, &expected, false);
    if (err == ERR_OK) {
        err = user_service_remove_address(&req->task, &caller, user, &id, &expected, &what, chain_id);
    }
    if (err != ERR_OK) return err;
    user_view_answer(res, user);
    return ERR_OK;
}
