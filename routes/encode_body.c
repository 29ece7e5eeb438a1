/* Reads what is to be called or deployed, and by whom. Memory is the task's arena; the request's coroutine. */
#include "encode_body.h"

#include <jansson.h>
#include <string.h>

#include "body.h"
#include "call_body.h"
#include "chain_value.h"
#include "core/json_depth.h"

enum err encode_body_parse(struct task *task, struct function_encoding *out, struct slice text) {
    static const char *const known[] = {"function", "args", "from", "value", NULL};
    struct body body;
    enum err err = body_parse_deep(task, &body, text, known, CALL_BODY_MAX_DEPTH);
    if (err == ERR_OK) err = call_body_function(task, &out->function, body.root);
    return err == ERR_OK ? call_body_sender(task, &out->sender, body.root) : err;
}

/* Compilers leave __$...$__ where the address of a library belongs. */
static enum err parse_bytecode(struct task *task, struct deployment *out, const json_t *bytecode) {
    const char *text = json_string_value(bytecode);
    if (text != NULL && strstr(text, "__") != NULL) {
        return task_fail(task, ERR_INVALID_PARAMETER, "bytecode has places for libraries: link it first");
    }
    enum err err =
        chain_value_bytes(task, &out->bytecode, &out->bytecode_len, bytecode, CHAIN_VALUE_MAX_DATA_BYTES, "bytecode");
    if (err != ERR_OK || out->bytecode_len > 0) return err;
    return task_fail(task, ERR_INVALID_PARAMETER, "bytecode is empty");
}

static enum err parse_abi(struct task *task, struct deployment *out, const json_t *root) {
    enum err err = body_array(task, &out->abi, root, "abi");
    if (err != ERR_OK || out->abi != NULL || out->args == NULL) return err;
    return task_fail(task, ERR_INVALID_PARAMETER, "args are there, and no abi that says what they are");
}

enum err deploy_body_parse(struct task *task, struct deployment *out, struct slice text) {
    static const char *const known[] = {"bytecode", "args", "from", "value", NULL};
    static const char *const known_with_abi[] = {"bytecode", "args", "from", "value", "abi", NULL};
    struct body body;
    enum err err = body_parse_deep(task, &body, text, out->registered ? known : known_with_abi, JSON_MAX_DEPTH);
    if (err == ERR_OK) err = parse_bytecode(task, out, json_object_get(body.root, "bytecode"));
    if (err == ERR_OK) err = call_body_args(task, &out->args, body.root);
    if (err == ERR_OK && !out->registered) err = parse_abi(task, out, body.root);
    return err == ERR_OK ? call_body_sender(task, &out->sender, body.root) : err;
}
