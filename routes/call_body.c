/* Reads which function is called, by whom and on what. Memory is the task's arena; the request's coroutine. */
#include "call_body.h"

#include <jansson.h>

#include "body.h"
#include "chain_value.h"
#include "overrides.h"

enum { MAX_DATA_BYTES = 1024 * 1024 }; /* more than any node takes */

/* The member, or NULL where it is null. */
static const json_t *member(const json_t *root, const char *name) {
    const json_t *value = json_object_get(root, name);
    return json_is_null(value) ? NULL : value;
}

enum err call_body_function(struct task *task, struct named_function *out, const json_t *root) {
    const json_t *text = member(root, "function");
    out->args = member(root, "args");
    if (!json_is_string(text)) {
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "function is not a string: a name, one with types or a whole human-readable signature");
    }
    if (out->args != NULL && !json_is_array(out->args) && !json_is_object(out->args)) {
        return task_fail(task, ERR_INVALID_PARAMETER, "args is neither an array nor an object");
    }
    out->text = json_string_value(text);
    out->len = json_string_length(text);
    return ERR_OK;
}

enum err call_body_sender(struct task *task, struct call_sender *out, const json_t *root) {
    const json_t *from = member(root, "from"), *value = member(root, "value");
    enum err err = ERR_OK;
    out->has_from = from != NULL;
    out->has_value = value != NULL;
    if (from != NULL) err = chain_value_address(task, &out->from, from, "from");
    if (err == ERR_OK && value != NULL) err = chain_value_u256(task, &out->value, value, "value");
    return err;
}

static enum err load(struct task *task, const json_t **root, struct slice text, const char *const *known) {
    enum err err = body_load(task, root, text, CALL_BODY_MAX_DEPTH);
    return err == ERR_OK ? body_check_members(task, *root, known, "the body") : err;
}

enum err call_body_parse(struct task *task, struct contract_call *out, struct block_spec *spec, struct slice text) {
    static const char *const known[] = {"function", "args", "block", "from", "value", NULL};
    const json_t *root;
    enum err err = load(task, &root, text, known);
    if (err == ERR_OK) err = call_body_function(task, &out->function, root);
    if (err == ERR_OK) err = call_body_sender(task, &out->sender, root);
    return err == ERR_OK ? chain_value_block(task, spec, member(root, "block")) : err;
}

static enum err parse_data(struct task *task, struct contract_simulation *out, const json_t *root) {
    const json_t *data = member(root, "data");
    if (data == NULL) return call_body_function(task, &out->function, root);
    if (member(root, "function") != NULL || member(root, "args") != NULL) {
        return task_fail(task, ERR_INVALID_PARAMETER, "data stands in place of function and args: give one of them");
    }
    return chain_value_bytes(task, &out->data, &out->data_len, data, MAX_DATA_BYTES, "data");
}

static enum err parse_gas(struct task *task, uint64_t *out, const json_t *gas) {
    enum err err = gas != NULL ? chain_value_u64(task, out, gas, "gas") : ERR_OK;
    if (err != ERR_OK || gas == NULL || *out > 0) return err;
    return task_fail(task, ERR_INVALID_PARAMETER, "gas is 0; leave it out for as much as a node gives");
}

enum err simulate_body_parse(struct task *task, struct contract_simulation *out, struct block_spec *spec,
                             struct slice text) {
    static const char *const known[] = {"function", "args", "data", "block", "from", "value", "gas", "overrides", NULL};
    const json_t *root;
    enum err err = load(task, &root, text, known);
    if (err == ERR_OK) err = parse_data(task, out, root);
    if (err == ERR_OK) err = call_body_sender(task, &out->sender, root);
    if (err == ERR_OK) err = parse_gas(task, &out->gas, member(root, "gas"));
    if (err == ERR_OK) err = overrides_parse(task, &out->overrides, &out->n_overrides, member(root, "overrides"));
    return err == ERR_OK ? chain_value_block(task, spec, member(root, "block")) : err;
}
