/* Feeds routes/watch_body any body: jansson must read the same in whatever is taken, and every refusal has a detail
 * that can be shown. Owns a task's arena for each input. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "core/utf8.h"
#include "watch_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static void check_refusal(const struct task *task, enum err err) {
    const char *detail = task->fault.detail;
    char clean[TASK_DETAIL_BYTES];
    assert(task->fault.code == err && (err_info(err)->status == 400 || err == ERR_OVERLOADED));
    assert(strlen(detail) > 0 && utf8_clean(clean, sizeof clean, detail, strlen(detail)) == strlen(detail));
}

static void check_wish(const struct watch_wish *have, const json_t *root) {
    const json_t *function = json_object_get(root, "function"), *event = json_object_get(root, "event");
    const json_t *args = json_object_get(root, "args");
    assert(have->function.len == json_string_length(function));
    assert(memcmp(have->function.text, json_string_value(function), have->function.len) == 0);
    assert((have->function.args != NULL) == (json_is_array(args) || json_is_object(args)));
    assert((have->event != NULL) == json_is_string(event) && have->event_len == json_string_length(event));
    if (have->event != NULL) assert(memcmp(have->event, json_string_value(event), have->event_len) == 0);
    assert(json_object_size(root) <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct slice text = {(const char *)data, size};
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    struct watch_wish wish;
    enum err err = watch_body_parse(&task, &wish, text);
    if (err != ERR_OK) {
        check_refusal(&task, err);
    } else {
        json_t *root = json_loadb(text.p, text.len, 0, NULL);
        check_wish(&wish, root);
        json_decref(root);
    }
    arena_free(task.arena);
    return 0;
}
