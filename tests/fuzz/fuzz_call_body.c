/* Feeds routes/call_body any body, as one of a call and as one of a simulation: jansson must read the same in whatever
 * is taken, and every refusal has a detail that can be shown.
 * Owns a task's arena for each input.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "call_body.h"
#include "core/utf8.h"
#include "eth/hex.h"
#include "overrides.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static void check_detail(const struct task *task, enum err err) {
    const char *detail = task->fault.detail;
    char clean[TASK_DETAIL_BYTES];
    assert(task->fault.code == err && (err_info(err)->status == 400 || err == ERR_OVERLOADED));
    assert(strlen(detail) > 0 && utf8_clean(clean, sizeof clean, detail, strlen(detail)) == strlen(detail));
}

static void check_function(const struct named_function *have, const json_t *root) {
    const json_t *text = json_object_get(root, "function"), *args = json_object_get(root, "args");
    assert(have->len == json_string_length(text) && memcmp(have->text, json_string_value(text), have->len) == 0);
    assert((have->args != NULL) == (json_is_array(args) || json_is_object(args)));
    assert(have->args != NULL || args == NULL || json_is_null(args));
}

static void check_number(const u256 *have, const json_t *want) {
    char text[U256_DEC_BYTES];
    if (!json_is_integer(want)) return;
    (void)u256_to_dec(text, have);
    assert(strtoull(text, NULL, 10) == (unsigned long long)json_integer_value(want));
}

static void check_sender(const struct call_sender *have, const json_t *root) {
    const json_t *from = json_object_get(root, "from"), *value = json_object_get(root, "value");
    char text[ADDRESS_TEXT_BYTES];
    assert(have->has_from == json_is_string(from) &&
           have->has_value == (json_is_string(value) || json_is_integer(value)));
    if (have->has_from) assert(strcasecmp(address_format(text, &have->from), json_string_value(from)) == 0);
    if (have->has_value) check_number(&have->value, value);
}

static void check_override(const struct account_override *have, const json_t *overrides) {
    const char *key;
    json_t *object, *found = NULL;
    char text[ADDRESS_TEXT_BYTES];
    (void)address_format(text, &have->account);
    json_object_foreach((json_t *)(uintptr_t)overrides, key, object) {
        if (strcasecmp(key, text) == 0) found = object;
    }
    assert(json_is_object(found));
    const json_t *slots = json_object_get(found, have->replaces_storage ? "state" : "stateDiff");
    assert(have->has_storage == json_is_object(slots) && have->n_slots == json_object_size(slots));
    assert(have->n_slots <= OVERRIDES_MAX_SLOTS && have->code_len <= OVERRIDES_MAX_CODE_BYTES);
    assert(have->has_code == json_is_string(json_object_get(found, "code")));
    if (have->has_balance) check_number(&have->balance, json_object_get(found, "balance"));
}

static void check_simulation(const struct contract_simulation *have, const json_t *root) {
    const json_t *overrides = json_object_get(root, "overrides"), *data = json_object_get(root, "data");
    check_sender(&have->sender, root);
    assert(have->n_overrides == json_object_size(overrides) && have->n_overrides <= OVERRIDES_MAX_ACCOUNTS);
    for (size_t i = 0; i < have->n_overrides; i++) check_override(&have->overrides[i], overrides);
    if (have->function.text == NULL) {
        assert(json_string_length(data) == 2 + 2 * have->data_len);
    } else {
        check_function(&have->function, root);
    }
}

static void check_call_body(struct slice text) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    struct contract_call call = {.signature = NULL};
    struct block_spec spec;
    enum err err = call_body_parse(&task, &call, &spec, text);
    if (err != ERR_OK) {
        check_detail(&task, err);
    } else {
        json_t *root = json_loadb(text.p, text.len, 0, NULL);
        check_function(&call.function, root);
        check_sender(&call.sender, root);
        json_decref(root);
    }
    arena_free(task.arena);
}

static void check_simulate_body(struct slice text) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    struct contract_simulation simulation = {.signature = NULL};
    struct block_spec spec;
    enum err err = simulate_body_parse(&task, &simulation, &spec, text);
    if (err != ERR_OK) {
        check_detail(&task, err);
    } else {
        json_t *root = json_loadb(text.p, text.len, 0, NULL);
        check_simulation(&simulation, root);
        json_decref(root);
    }
    arena_free(task.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct slice text = {(const char *)data, size};
    check_call_body(text);
    check_simulate_body(text);
    return 0;
}
