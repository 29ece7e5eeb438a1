/* Parses the body of POST /balances with jansson. Memory is the task's arena; one thread. */
#include "balances_body.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "body.h"
#include "chain_value.h"
#include "core/json_depth.h"

enum { NAME_BYTES = 48 };

static enum err parse_item(struct task *task, struct amount_read *read, const json_t *item, size_t i) {
    static const char *const members[] = {"address", "token", NULL};
    char where[NAME_BYTES], name[NAME_BYTES + 16];
    (void)snprintf(where, sizeof where, "items[%zu]", i);
    if (!json_is_object(item)) return task_fail(task, ERR_INVALID_PARAMETER, "%s is not an object", where);
    enum err err = body_check_members(task, item, members, where);
    if (err != ERR_OK) return err;
    (void)snprintf(name, sizeof name, "%s.address", where);
    err = chain_value_address(task, &read->owner, json_object_get(item, "address"), name);
    const json_t *token = body_value(item, "token");
    if (err != ERR_OK || token == NULL) return err;
    read->kind = AMOUNT_TOKEN_BALANCE;
    (void)snprintf(name, sizeof name, "%s.token", where);
    return chain_value_address(task, &read->token, token, name);
}

static enum err parse_items(struct task *task, struct balances_body *out, const json_t *items) {
    size_t n = json_array_size(items);
    if (!json_is_array(items) || n == 0 || n > BALANCES_MAX_ITEMS) {
        return task_fail(task, ERR_INVALID_PARAMETER, "items must be an array of 1 to %d objects", BALANCES_MAX_ITEMS);
    }
    out->items = arena_alloc(task->arena, n * sizeof *out->items);
    if (out->items == NULL) return task_fail_memory(task);
    out->n_items = n;
    for (size_t i = 0; i < n; i++) {
        enum err err = parse_item(task, &out->items[i].read, json_array_get(items, i), i);
        if (err != ERR_OK) return err;
    }
    return ERR_OK;
}

enum err balances_body_parse(struct task *task, struct balances_body *out, struct slice text) {
    static const char *const members[] = {"items", "block", NULL};
    struct body body;
    enum err err = body_parse_deep(task, &body, text, members, JSON_MAX_DEPTH);
    if (err == ERR_OK) err = parse_items(task, out, json_object_get(body.root, "items"));
    return err == ERR_OK ? chain_value_block(task, &out->spec, json_object_get(body.root, "block")) : err;
}
