/* Reads what is to be called or deployed, and by whom. Memory is the task's arena; the request's coroutine. */
#include "encode_body.h"

#include <jansson.h>
#include <string.h>

#include "body.h"
#include "call_body.h"
#include "chain_value.h"
#include "core/json_depth.h"

enum { MAX_BYTECODE_BYTES = 1024 * 1024 }; /* more than any chain takes */

static enum err load(struct task *task, const json_t **root, struct slice text, const char *const *known) {
    enum err err = body_load(task, root, text, JSON_MAX_DEPTH);
    return err == ERR_OK ? body_check_members(task, *root, known, "the body") : err;
}

enum err encode_body_parse(struct task *task, struct function_encoding *out, struct slice text) {
    static const char *const known[] = {"function", "args", "from", "value", NULL};
    const json_t *root;
    enum err err = load(task, &root, text, known);
    if (err == ERR_OK) err = call_body_function(task, &out->function, root);
    return err == ERR_OK ? call_body_sender(task, &out->sender, root) : err;
}

/* Compilers leave __$...$__ where the address of a library belongs. */
static enum err parse_bytecode(struct task *task, struct deployment *out, const json_t *bytecode) {
    const char *text = json_string_value(bytecode);
    if (text != NULL && strstr(text, "__") != NULL) {
        return task_fail(task, ERR_INVALID_PARAMETER, "bytecode has places for libraries: link it first");
    }
    enum err err =
        chain_value_bytes(task, &out->bytecode, &out->bytecode_len, bytecode, MAX_BYTECODE_BYTES, "bytecode");
    if (err != ERR_OK || out->bytecode_len > 0) return err;
    return task_fail(task, ERR_INVALID_PARAMETER, "bytecode is empty");
}

static enum err parse_args(struct task *task, struct deployment *out, const json_t *args) {
    bool given = args != NULL && !json_is_null(args);
    out->args = given ? args : NULL;
    if (!given || json_is_array(args) || json_is_object(args)) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER, "args is neither an array nor an object");
}

static enum err parse_abi(struct task *task, struct deployment *out, const json_t *abi) {
    bool given = abi != NULL && !json_is_null(abi);
    out->abi = given ? abi : NULL;
    if (given && !json_is_array(abi)) return task_fail(task, ERR_INVALID_PARAMETER, "abi is not an array");
    if (given || out->args == NULL) return ERR_OK;
    return task_fail(task, ERR_INVALID_PARAMETER, "args are there, and no abi that says what they are");
}

enum err deploy_body_parse(struct task *task, struct deployment *out, struct slice text) {
    static const char *const known[] = {"bytecode", "args", "from", "value", NULL};
    static const char *const known_with_abi[] = {"bytecode", "args", "from", "value", "abi", NULL};
    const json_t *root;
    enum err err = load(task, &root, text, out->registered ? known : known_with_abi);
    if (err == ERR_OK) err = parse_bytecode(task, out, json_object_get(root, "bytecode"));
    if (err == ERR_OK) err = parse_args(task, out, json_object_get(root, "args"));
    if (err == ERR_OK && !out->registered) err = parse_abi(task, out, json_object_get(root, "abi"));
    return err == ERR_OK ? call_body_sender(task, &out->sender, root) : err;
}
