/* Reads a transaction that is not signed yet. Memory is the task's arena; the request's coroutine. */
#include "estimate_body.h"

#include <jansson.h>

#include "body.h"
#include "chain_value.h"

static enum err parse_address(struct task *task, address *out, bool *has, const json_t *root, const char *name) {
    const json_t *value = body_value(root, name);
    *has = value != NULL;
    return *has ? chain_value_address(task, out, value, name) : ERR_OK;
}

static enum err parse_data(struct task *task, struct draft *out, const json_t *root) {
    const json_t *value = body_value(root, "data");
    enum err err = ERR_OK;
    if (value != NULL)
        err = chain_value_bytes(task, &out->data, &out->data_len, value, CHAIN_VALUE_MAX_DATA_BYTES, "data");
    if (err != ERR_OK || out->has_to || out->data_len > 0) return err;
    return task_fail(task, ERR_INVALID_PARAMETER,
                     "to is missing; what creates a contract has its code in data instead");
}

enum err estimate_body_parse(struct task *task, struct draft *out, struct slice text) {
    static const char *const known[] = {"from", "to", "data", "value", NULL};
    struct body body;
    *out = (struct draft){.data = NULL};
    enum err err = body_parse(task, &body, text, known);
    if (err == ERR_OK) err = parse_address(task, &out->from, &out->has_from, body.root, "from");
    if (err == ERR_OK) err = parse_address(task, &out->to, &out->has_to, body.root, "to");
    if (err == ERR_OK) err = parse_data(task, out, body.root);
    if (err != ERR_OK || body_value(body.root, "value") == NULL) return err;
    return chain_value_u256(task, &out->value, body_value(body.root, "value"), "value");
}
