/* Feeds routes/contract_body and routes/encode_body any body: jansson must read the same in whatever is taken, and
 * every refusal has a detail that can be shown. Owns a task's arena for each input. One thread, libFuzzer's or the
 * replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "contract_body.h"
#include "core/utf8.h"
#include "encode_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static void check_detail(const struct task *task, enum err err) {
    const char *detail = task->fault.detail;
    char clean[TASK_DETAIL_BYTES];
    assert(task->fault.code == err && err_info(err)->status == 400);
    assert(strlen(detail) > 0 && utf8_clean(clean, sizeof clean, detail, strlen(detail)) == strlen(detail));
}

/* The ABI's text is the same JSON again. */
static void check_contract(struct task *task, struct slice text) {
    struct contract_wish wish;
    enum err err = contract_body_parse(task, &wish, text);
    if (err != ERR_OK) {
        check_detail(task, err);
        return;
    }
    json_t *root = json_loadb(text.p, text.len, 0, NULL);
    const json_t *abi = json_object_get(root, "abi"), *name = json_object_get(root, "name");
    assert((wish.abi != NULL) == json_is_array(abi) && (wish.name != NULL) == json_is_string(name));
    if (wish.abi != NULL) {
        json_t *again = json_loadb(wish.abi, wish.abi_len, 0, NULL);
        assert(json_equal(again, abi));
        json_decref(again);
    }
    if (wish.name != NULL) assert(strcmp(wish.name, json_string_value(name)) == 0);
    assert(wish.has_from_block == json_is_integer(json_object_get(root, "from_block")));
    json_decref(root);
}

static void check_encoding(struct task *task, struct slice text) {
    struct function_encoding encoding = {.signature = NULL};
    enum err err = encode_body_parse(task, &encoding, text);
    if (err != ERR_OK) {
        check_detail(task, err);
        return;
    }
    assert(encoding.function.text[encoding.function.len] == '\0');
    assert(encoding.sender.has_value || u256_is_zero(&encoding.sender.value));
}

static void check_deployment(struct task *task, struct slice text, bool registered) {
    struct deployment deployment = {.registered = registered};
    enum err err = deploy_body_parse(task, &deployment, text);
    if (err != ERR_OK) {
        check_detail(task, err);
        return;
    }
    assert(deployment.bytecode_len > 0 && deployment.bytecode_len <= text.len / 2);
    assert(!registered || deployment.abi == NULL);
    assert(registered || deployment.args == NULL || deployment.abi != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    const struct slice text = {(const char *)data, size};
    check_contract(&task, text);
    check_encoding(&task, text);
    check_deployment(&task, text, false);
    check_deployment(&task, text, true);
    arena_free(task.arena);
    return 0;
}
