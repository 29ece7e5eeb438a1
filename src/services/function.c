/* From what a client wrote to calldata. What it wrote may name nothing, or fit nothing: the ABI's own words say what.
 * Memory is the task's arena; the task's coroutine. */
#include "function.h"

#include <stdlib.h>
#include <string.h>

#include "eth/abi_builtin.h"
#include "eth/abi_read.h"
#include "eth/abi_value.h"

static bool is_signature(const struct named_function *what) {
    static const char keyword[] = "function";
    const size_t n = sizeof keyword - 1;
    return what->len > n && memcmp(what->text, keyword, n) == 0 && strchr(" \t\r\n", what->text[n]) != NULL;
}

static enum err fail(struct task *task, enum err err, const char *problem) {
    if (err != ERR_OVERLOADED) return task_fail(task, err, "%s", problem);
    return task_fail(task, ERR_INVALID_ARGUMENT, "the arguments make a call of more than %d bytes",
                     FUNCTION_MAX_CALL_BYTES);
}

static enum err take_call(struct task *task, struct function_call *out, struct buf *call) {
    uint8_t *data = arena_alloc(task->arena, call->len);
    if (data == NULL) return task_fail_memory(task);
    memcpy(data, call->data, call->len);
    out->data = data;
    out->len = call->len;
    return ERR_OK;
}

static enum err read_signature(struct task *task, struct function_call *out, struct buf *call,
                               const struct named_function *what) {
    char problem[ABI_PROBLEM_BYTES] = "";
    enum err err = abi_read_signature(&out->function, task->arena, problem, what->text, what->len);
    if (err == ERR_OVERLOADED) return task_fail_memory(task);
    if (err != ERR_OK) return task_fail(task, err, "%s", problem);
    err = abi_encode_call(call, problem, out->function, what->args);
    return err == ERR_OK ? ERR_OK : fail(task, err, problem);
}

static enum err look_up(struct task *task, struct function_call *out, struct buf *call,
                        const struct named_function *what) {
    char problem[ABI_PROBLEM_BYTES] = "";
    enum err err = abi_choose_call(&out->function, call, problem, out->abi, what->text, what->len, what->args);
    return err == ERR_OK ? ERR_OK : fail(task, err, problem);
}

/* The errors of one that is named by its whole signature are known only if it happens to be registered. */
static enum err find_abi(struct task *task, struct abi_store *store, const struct source *source,
                         struct function_call *out, const address *contract, bool needed) {
    const struct known_contract *known = NULL;
    enum err err = ERR_OK;
    if (needed) {
        err = abi_store_get(task, store, source, &known, contract);
    } else {
        abi_store_find(task, store, source, &known, contract, 1);
    }
    out->abi = known != NULL ? known->abi : NULL;
    return err;
}

static bool is_view_of(const struct abi *abi, const struct function_call *call) {
    const struct abi_item *function = abi != NULL ? abi_find_selector(abi, ABI_ITEM_FUNCTION, call->data) : NULL;
    return function != NULL && function->mutability <= ABI_VIEW;
}

enum err function_choose(struct task *task, struct abi_store *store, const struct source *source,
                         struct function_call *out, const address *contract, const struct named_function *what) {
    const bool whole = is_signature(what);
    struct buf call;
    *out = (struct function_call){.function = NULL};
    enum err err = find_abi(task, store, source, out, contract, !whole);
    if (err != ERR_OK) return err;
    buf_init(&call, FUNCTION_MAX_CALL_BYTES);
    err = whole ? read_signature(task, out, &call, what) : look_up(task, out, &call, what);
    if (err == ERR_OK) err = take_call(task, out, &call);
    buf_free(&call);
    if (err == ERR_OK) out->is_view = is_view_of(out->abi, out) || is_view_of(&abi_builtin, out);
    return err;
}
