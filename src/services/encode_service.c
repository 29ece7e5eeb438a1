/* From functions, constructors and their arguments to transactions. Memory is the task's arena; the task's coroutine.
 */
#include "services/encode_service.h"

#include <stdlib.h>
#include <string.h>

#include "code_check.h"
#include "eth/abi_read.h"
#include "eth/abi_value.h"
#include "eth/contract_address.h"
#include "function.h"

static enum err check_value(struct task *task, const struct call_sender *sender, bool payable, const char *whose) {
    char value[U256_DEC_BYTES];
    if (payable || !sender->has_value || u256_is_zero(&sender->value)) return ERR_OK;
    (void)u256_to_dec(value, &sender->value);
    return task_fail(task, ERR_INVALID_ARGUMENT, "the value is %s wei, and %.96s is not payable", value, whose);
}

static struct draft draft_of(const struct call_sender *sender) {
    struct draft draft = {.has_from = sender->has_from, .from = sender->from};
    if (sender->has_value) draft.value = sender->value;
    return draft;
}

enum err encode_service_function(struct task *task, struct abi_store *store, const struct source *source,
                                 struct function_encoding *encoding) {
    struct draft draft = draft_of(&encoding->sender);
    struct function_call call;
    enum err err = function_choose(task, store, source, &call, &encoding->contract, &encoding->function);
    if (err != ERR_OK) return err;
    encoding->signature = call.function->signature;
    err = check_value(task, &encoding->sender, call.function->mutability == ABI_PAYABLE, encoding->signature);
    if (err == ERR_OK) err = code_check(task, source, &encoding->contract);
    if (err != ERR_OK) return err;
    draft.has_to = true;
    draft.to = encoding->contract;
    draft.data = call.data;
    draft.data_len = call.len;
    return unsigned_tx_make(task, source, &encoding->tx, &draft, call.abi);
}

/* What the client sent is read as what was registered is. */
static enum err read_abi(struct task *task, const struct abi **out, const struct deployment *deployment) {
    static const struct abi nothing;
    char problem[ABI_PROBLEM_BYTES] = "";
    *out = &nothing;
    if (deployment->abi == NULL) return ERR_OK;
    enum err err = abi_read(out, task->arena, problem, deployment->abi);
    if (err == ERR_OVERLOADED) return task_fail_memory(task);
    return err == ERR_OK ? ERR_OK : task_fail(task, err, "%s", problem);
}

static enum err find_abi(struct task *task, struct abi_store *store, const struct source *source,
                         const struct abi **out, const struct deployment *deployment) {
    const struct known_contract *known;
    if (!deployment->registered) return read_abi(task, out, deployment);
    enum err err = abi_store_get(task, store, source, &known, &deployment->like);
    if (err == ERR_OK) *out = known->abi;
    return err;
}

/* The constructor's arguments stand behind the code. */
static enum err encode_creation(struct task *task, struct draft *out, const struct deployment *deployment,
                                const struct abi_item *constructor) {
    static const struct abi_params nothing;
    char problem[ABI_PROBLEM_BYTES] = "";
    struct buf data;
    buf_init(&data, FUNCTION_MAX_CALL_BYTES);
    buf_append(&data, deployment->bytecode, deployment->bytecode_len);
    enum err err = abi_encode(&data, problem, constructor != NULL ? &constructor->inputs : &nothing, deployment->args);
    uint8_t *kept = err == ERR_OK && !data.failed ? arena_alloc(task->arena, data.len) : NULL;
    if (kept != NULL) memcpy(kept, data.data, data.len);
    out->data = kept;
    out->data_len = data.len;
    bool too_long = data.failed || err == ERR_OVERLOADED;
    buf_free(&data);
    if (kept != NULL) return ERR_OK;
    if (too_long) return task_fail(task, ERR_INVALID_ARGUMENT, "code and arguments are too long");
    return err != ERR_OK ? task_fail(task, err, "%s", problem) : task_fail_memory(task);
}

enum err encode_service_deployment(struct task *task, struct abi_store *store, const struct source *source,
                                   struct deployment *deployment) {
    struct draft draft = draft_of(&deployment->sender);
    const struct abi *abi;
    enum err err = find_abi(task, store, source, &abi, deployment);
    if (err != ERR_OK) return err;
    const struct abi_item *constructor = abi_find_constructor(abi);
    deployment->signature = constructor != NULL ? constructor->signature : NULL;
    err = check_value(task, &deployment->sender, constructor != NULL && constructor->mutability == ABI_PAYABLE,
                      "the constructor");
    if (err == ERR_OK) err = encode_creation(task, &draft, deployment, constructor);
    if (err == ERR_OK) err = unsigned_tx_make(task, source, &deployment->tx, &draft, abi);
    deployment->has_address = err == ERR_OK && draft.has_from;
    if (deployment->has_address) contract_address(&deployment->address, &draft.from, deployment->tx.nonce);
    return err;
}
