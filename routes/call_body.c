/* Reads which function is called, by whom and on what. Memory is the task's arena; the request's coroutine. */
#include "call_body.h"

#include <jansson.h>

#include "body.h"
#include "chain_value.h"
#include "overrides.h"

enum err call_body_args(struct task *task, const json_t **out, const json_t *root) {
    *out = body_value(root, "args");
    if (*out == NULL || json_is_array(*out) || json_is_object(*out)) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER, "args is neither an array nor an object");
}

enum err call_body_function(struct task *task, struct named_function *out, const json_t *root) {
    const json_t *text = body_value(root, "function");
    if (!json_is_string(text)) {
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "function is not a string: a name, one with types or a whole human-readable signature");
    }
    out->text = json_string_value(text);
    out->len = json_string_length(text);
    return call_body_args(task, &out->args, root);
}

enum err call_body_sender(struct task *task, struct call_sender *out, const json_t *root) {
    const json_t *from = body_value(root, "from"), *value = body_value(root, "value");
    enum err err = ERR_OK;
    out->has_from = from != NULL;
    out->has_value = value != NULL;
    if (from != NULL) err = chain_value_address(task, &out->from, from, "from");
    if (err == ERR_OK && value != NULL) err = chain_value_u256(task, &out->value, value, "value");
    return err;
}

enum err call_body_parse(struct task *task, struct contract_call *out, struct block_spec *spec, struct slice text) {
    static const char *const known[] = {"function", "args", "block", "from", "value", NULL};
    struct body body;
    enum err err = body_parse_deep(task, &body, text, known, CALL_BODY_MAX_DEPTH);
    if (err == ERR_OK) err = call_body_function(task, &out->function, body.root);
    if (err == ERR_OK) err = call_body_sender(task, &out->sender, body.root);
    return err == ERR_OK ? chain_value_block(task, spec, body_value(body.root, "block")) : err;
}

static enum err parse_data(struct task *task, struct contract_simulation *out, const json_t *root) {
    const json_t *data = body_value(root, "data");
    if (data == NULL) return call_body_function(task, &out->function, root);
    if (body_value(root, "function") != NULL || body_value(root, "args") != NULL) {
        return task_fail(task, ERR_INVALID_PARAMETER, "data stands in place of function and args: give one of them");
    }
    return chain_value_bytes(task, &out->data, &out->data_len, data, CHAIN_VALUE_MAX_DATA_BYTES, "data");
}

/* Of geth and reth without settings of their own. More would only keep a node busy. */
enum { MAX_GAS = 50 * 1000 * 1000 };

static enum err parse_gas(struct task *task, uint64_t *out, const json_t *gas) {
    enum err err = gas != NULL ? chain_value_u64(task, out, gas, "gas") : ERR_OK;
    if (err != ERR_OK || gas == NULL) return err;
    if (*out > MAX_GAS) {
        return task_fail(task, ERR_INVALID_PARAMETER, "gas is more than %d, which is as much as nodes give a call",
                         MAX_GAS);
    }
    if (*out > 0) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER, "gas is 0; leave it out for as much as a node gives");
}

enum err simulate_body_parse(struct task *task, struct contract_simulation *out, struct block_spec *spec,
                             struct slice text) {
    static const char *const known[] = {"function", "args", "data", "block", "from", "value", "gas", "overrides", NULL};
    struct body body;
    enum err err = body_parse_deep(task, &body, text, known, CALL_BODY_MAX_DEPTH);
    if (err == ERR_OK) err = parse_data(task, out, body.root);
    if (err == ERR_OK) err = call_body_sender(task, &out->sender, body.root);
    if (err == ERR_OK) err = parse_gas(task, &out->gas, body_value(body.root, "gas"));
    if (err == ERR_OK)
        err = overrides_parse(task, &out->overrides, &out->n_overrides, body_value(body.root, "overrides"));
    return err == ERR_OK ? chain_value_block(task, spec, body_value(body.root, "block")) : err;
}
