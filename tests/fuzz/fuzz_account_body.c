/* Feeds routes/key_body and routes/user_change any body: jansson must read the same in whatever is taken, and every
 * refusal has a detail that can be shown.
 * Owns a task's arena for each input.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "core/utf8.h"
#include "key_body.h"
#include "user_change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 1024 * 1024 };

static void check_detail(const struct task *task, enum err err) {
    const char *detail = task->fault.detail;
    char clean[TASK_DETAIL_BYTES];
    assert(task->fault.code == err && err_info(err)->status == 400);
    assert(strlen(detail) > 0 && utf8_clean(clean, sizeof clean, detail, strlen(detail)) == strlen(detail));
}

static void check_key(struct task *task, struct slice text) {
    struct key_wish wish;
    enum err err = key_body_parse(task, &wish, text);
    if (err != ERR_OK) {
        check_detail(task, err);
        return;
    }
    json_t *root = json_loadb(text.p, text.len, 0, NULL);
    const json_t *expiry = json_object_get(root, "expires_at");
    assert(strcmp(wish.name, json_string_value(json_object_get(root, "name"))) == 0);
    assert((size_t)__builtin_popcount(wish.scopes) == json_array_size(json_object_get(root, "scopes")));
    assert(wish.expires_at_s == (uint64_t)json_integer_value(expiry) && wish.expires_at_s < UINT64_C(1) << 53);
    json_decref(root);
}

static void check_text(bool set, const char *have, const json_t *want) {
    assert(set == (want != NULL));
    assert((have != NULL) == json_is_string(want));
    if (have != NULL) assert(strcmp(have, json_string_value(want)) == 0);
}

static void check_change(struct task *task, struct slice text) {
    struct user_change change;
    enum err err = user_change_parse(task, &change, text);
    if (err != ERR_OK) {
        check_detail(task, err);
        return;
    }
    json_t *root = json_loadb(text.p, text.len, 0, NULL);
    const json_t *role = json_object_get(root, "role");
    check_text(change.set_name, change.name, json_object_get(root, "name"));
    check_text(change.set_email, change.email, json_object_get(root, "email"));
    assert(change.set_role == (role != NULL));
    if (role != NULL) assert(strcmp(json_string_value(role), change.admin ? "admin" : "user") == 0);
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    const struct slice text = {(const char *)data, size};
    check_key(&task, text);
    check_change(&task, text);
    arena_free(task.arena);
    return 0;
}
