/* The rules of watched calls. What they answered is kept as bytes, and read by the signature that the watch has: what
 * is registered may have changed since. Memory is the task's arena; the task's coroutine. */
#include "services/watch_service.h"

#include <string.h>

#include "eth/abi_read.h"
#include "eth/abi_value.h"
#include "function.h"
#include "revert.h"
#include "services/chain_service.h"
#include "services/indexed.h"

enum { MAX_OF_CONTRACT = 100, MAX_OF_CHAIN = 1000, MAX_CALL_BYTES = 8 * 1024, SELECTOR_BYTES = 4, SHOWN_BYTES = 80 };

static int shown(size_t len) {
    return (int)(len < SHOWN_BYTES ? len : SHOWN_BYTES);
}

/* --- what is to be watched --- */

/* Takes the buffer's text over, with NUL behind it. */
static enum err take_text(struct task *task, const char **out, size_t *len, struct buf *buf) {
    struct json_piece piece;
    buf_append_char(buf, '\0');
    enum err err = json_piece_take(task, &piece, buf);
    if (err != ERR_OK) return err;
    *out = piece.text;
    *len = piece.len - 1;
    return ERR_OK;
}

/* Arguments as the call has them, however the client wrote them. */
static enum err describe_args(struct task *task, struct watch *out, const struct function_call *call) {
    char problem[ABI_PROBLEM_BYTES] = "";
    struct buf args;
    buf_init(&args, JSON_PIECE_MAX_BYTES);
    enum err err =
        abi_decode(&args, problem, &call->function->inputs, call->data + SELECTOR_BYTES, call->len - SELECTOR_BYTES);
    if (err == ERR_OK) return take_text(task, &out->args, &out->args_len, &args);
    buf_free(&args);
    return task_fail(task, err, "%s", problem);
}

static enum err describe_call(struct task *task, struct watch *out, const struct function_call *call) {
    struct buf signature;
    size_t len;
    out->data = call->data;
    out->data_len = call->len;
    buf_init(&signature, JSON_PIECE_MAX_BYTES);
    abi_write_signature(&signature, call->function);
    enum err err = take_text(task, &out->signature, &len, &signature);
    return err == ERR_OK ? describe_args(task, out, call) : err;
}

static enum err choose_function(struct task *task, struct abi_store *store, const struct source *source,
                                struct watch *out, const struct watch_wish *wish) {
    struct function_call call;
    enum err err = function_choose(task, store, source, &call, &wish->contract, &wish->function);
    if (err != ERR_OK) return err;
    if (call.function->mutability > ABI_VIEW) {
        return task_fail(task, ERR_INVALID_PARAMETER, "function %.*s is neither view nor pure: only those are watched",
                         shown(strlen(call.function->signature)), call.function->signature);
    }
    if (call.len > MAX_CALL_BYTES) {
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "the arguments make a call of %zu bytes; one that is watched has"
                         " at most %d",
                         call.len, MAX_CALL_BYTES);
    }
    return describe_call(task, out, &call);
}

/* One that a log can be known by. */
static enum err choose_event(struct task *task, struct watch *out, const struct watch_wish *wish,
                             const struct abi *abi) {
    if (wish->event == NULL) return ERR_OK;
    const struct abi_item *event = abi_next_named(abi, ABI_ITEM_EVENT, wish->event, wish->event_len, NULL);
    if (event == NULL) {
        return task_fail(task, ERR_NOT_IN_ABI, "the contract's ABI has no event \"%.*s\"", shown(wish->event_len),
                         wish->event);
    }
    if (abi_next_named(abi, ABI_ITEM_EVENT, wish->event, wish->event_len, event) != NULL) {
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "several events are called \"%.*s\": name one with its types, as %.*s", shown(wish->event_len),
                         wish->event, shown(strlen(event->signature)), event->signature);
    }
    if (event->anonymous) {
        return task_fail(task, ERR_INVALID_PARAMETER, "event \"%.*s\" is anonymous: no log is known to be one",
                         shown(wish->event_len), wish->event);
    }
    out->event = event->signature;
    out->event_topic = event->hash;
    return ERR_OK;
}

enum err watch_service_create(struct task *task, const struct caller *caller, struct abi_store *store,
                              const struct source *source, struct watch *out, bool *created,
                              const struct watch_wish *wish) {
    static const struct watch_limits limits = {MAX_OF_CONTRACT, MAX_OF_CHAIN};
    const struct audit_actor actor = caller_actor(caller);
    const struct known_contract *known;
    struct watch what = {.id = uuid_new(), .contract = wish->contract};
    uint64_t id;
    enum err err = auth_check_admin(task, caller->principal, SCOPE_CONTRACTS_WRITE);
    if (err == ERR_OK) err = chain_service_id(task, source->chain, &id);
    if (err == ERR_OK) err = abi_store_get(task, store, source, &known, &wish->contract);
    if (err == ERR_OK) err = choose_function(task, store, source, &what, wish);
    if (err == ERR_OK) err = choose_event(task, &what, wish, known->abi);
    return err == ERR_OK ? watch_repo_create(task, out, created, &what, id, &limits, &actor) : err;
}

enum err watch_service_list(struct task *task, struct abi_store *store, const struct source *source, struct watch **out,
                            size_t *n, const address *contract) {
    const struct known_contract *known;
    enum err err = abi_store_get(task, store, source, &known, contract);
    return err == ERR_OK ? watch_repo_list(task, out, n, chain_id(source->chain), contract) : err;
}

enum err watch_service_delete(struct task *task, const struct caller *caller, const struct source *source,
                              const address *contract, const uuid *id) {
    const struct audit_actor actor = caller_actor(caller);
    uint64_t chain;
    enum err err = auth_check_admin(task, caller->principal, SCOPE_CONTRACTS_WRITE);
    if (err == ERR_OK) err = chain_service_id(task, source->chain, &chain);
    return err == ERR_OK ? watch_repo_delete(task, chain, contract, id, &actor) : err;
}

/* --- what was read --- */

static enum err read_function(struct task *task, const struct abi_item **out, const struct watch *watch) {
    char problem[ABI_PROBLEM_BYTES] = "";
    enum err err = abi_read_signature(out, task->arena, problem, watch->signature, strlen(watch->signature));
    if (err == ERR_OK) return ERR_OK;
    if (err == ERR_OVERLOADED) return task_fail_memory(task);
    return task_fail(task, ERR_INTERNAL, "the signature of a watched call cannot be read: %s", problem);
}

/* Bytes that are no result of the function's are shown as they are. */
static enum err decode(struct task *task, struct watch_reading *out, const struct abi_item *function,
                       const struct watch_state *state, const struct abi *abi) {
    char problem[ABI_PROBLEM_BYTES];
    struct buf json;
    *out = (struct watch_reading){.state = state};
    if (!state->known) return ERR_OK;
    buf_init(&json, JSON_PIECE_MAX_BYTES);
    if (state->reverted) {
        revert_write(&json, abi, state->data, state->data_len);
        return json_piece_take(task, &out->revert, &json);
    }
    enum err err = abi_decode_result(&json, problem, &function->outputs, state->data, state->data_len);
    if (err == ERR_OK) return json_piece_take(task, &out->result, &json);
    buf_free(&json);
    return err == ERR_ABI_MISMATCH ? ERR_OK : task_fail_memory(task);
}

static enum err fail_without_watch(struct task *task) {
    return task_fail(task, ERR_WATCH_NOT_FOUND, "the contract has no watch of this id");
}

static enum err decode_rows(struct task *task, struct watch_readings *out, const struct abi *abi) {
    const struct watch_page *page = &out->page;
    enum err err = ERR_OK;
    out->list = arena_alloc(task->arena, page->n_rows * sizeof *out->list);
    if (out->list == NULL) return task_fail_memory(task);
    for (size_t i = 0; err == ERR_OK && i < page->n_rows; i++) {
        const struct abi_item *function = NULL;
        err = read_function(task, &function, &page->rows[i].watch);
        if (err == ERR_OK) err = decode(task, &out->list[i], function, &page->rows[i].state, abi);
    }
    return err;
}

/* A block at which none of the watches has a state. */
static enum err check_kept(struct task *task, const struct watch_page *page, const struct watch_question *question) {
    bool any = page->n_rows == 0;
    for (size_t i = 0; i < page->n_rows; i++) any = any || page->rows[i].state.known;
    if (any || !question->has_block) return ERR_OK;
    if (question->block > page->block.number) {
        return task_fail(task, ERR_STATE_NOT_KEPT, "block %llu is not in the index yet, which has come to %llu",
                         (unsigned long long)question->block, (unsigned long long)page->block.number);
    }
    return task_fail(task, ERR_STATE_NOT_KEPT, "at block %llu nothing was read", (unsigned long long)question->block);
}

enum err watch_service_states(struct task *task, struct abi_store *store, const struct source *source,
                              struct watch_readings *out, const struct watch_question *question) {
    const struct known_contract *known;
    struct watch_page *page = &out->page;
    uint64_t id;
    enum err err = indexed_begin(task, source, &id);
    if (err == ERR_OK) err = abi_store_get(task, store, source, &known, &question->contract);
    if (err == ERR_OK) {
        err = watch_repo_states(task, page, id, &question->contract, question->has_id ? &question->id : NULL,
                                question->has_block ? &question->block : NULL);
    }
    if (err == ERR_OK) err = indexed_check_tip(task, source, page->has_tip, &page->block);
    if (err == ERR_OK && question->has_id && page->n_rows == 0) err = fail_without_watch(task);
    if (err == ERR_OK) err = check_kept(task, page, question);
    return err == ERR_OK ? decode_rows(task, out, known->abi) : err;
}

static enum err check_history(struct task *task, const struct watch_history *history, const struct watch_place *after) {
    if (!history->found) return fail_without_watch(task);
    if (!history->place_moved) return ERR_OK;
    return task_fail(task, ERR_CURSOR_EXPIRED,
                     "block %llu, with which the page before ended, is no longer on the chain: begin without a cursor",
                     (unsigned long long)after->first_block);
}

static enum err decode_history(struct task *task, struct watch_past *out, const struct abi *abi) {
    const struct watch_history *history = &out->history;
    const struct abi_item *function = NULL;
    out->list = arena_alloc(task->arena, history->n_states * sizeof *out->list);
    if (out->list == NULL) return task_fail_memory(task);
    enum err err = read_function(task, &function, &history->watch);
    for (size_t i = 0; err == ERR_OK && i < history->n_states; i++) {
        err = decode(task, &out->list[i], function, &history->states[i], abi);
    }
    return err;
}

enum err watch_service_history(struct task *task, struct abi_store *store, const struct source *source,
                               struct watch_past *out, const address *contract, const uuid *id,
                               const struct watch_place *after, size_t limit) {
    const struct known_contract *known;
    struct watch_history *history = &out->history;
    uint64_t chain;
    enum err err = indexed_begin(task, source, &chain);
    if (err == ERR_OK) err = abi_store_get(task, store, source, &known, contract);
    if (err == ERR_OK) err = watch_repo_history(task, history, chain, contract, id, after, limit);
    if (err == ERR_OK) err = indexed_check_tip(task, source, history->has_tip, &history->block);
    if (err == ERR_OK) err = check_history(task, history, after);
    return err == ERR_OK ? decode_history(task, out, known->abi) : err;
}
