/* Feeds routes/body any body: jansson, asked without our limits, must read the same in whatever is taken, and every
 * refusal has a detail that can be shown.
 * Owns a task's arena for each input.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "body.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 1024 * 1024, MAX_TEXTS = 4 };

static const char *const known[] = {"name", "expires_at", "scopes", NULL};

static void check_detail(const struct task *task, enum err err) {
    const char *detail = task->fault.detail;
    char clean[TASK_DETAIL_BYTES];
    assert(task->fault.code == err && err_info(err)->status == 400);
    assert(strlen(detail) > 0 && utf8_clean(clean, sizeof clean, detail, strlen(detail)) == strlen(detail));
}

static void check_name(struct body *body, const json_t *want) {
    struct slice text;
    enum err err = body_optional_text(body, &text, "name");
    if (err != ERR_OK) {
        check_detail(body->task, err);
        assert(!json_is_string(want) && !json_is_null(want));
    } else if (json_is_string(want)) {
        assert(strlen(text.p) == text.len && strcmp(text.p, json_string_value(want)) == 0);
    } else {
        assert(text.p == NULL);
    }
    assert((body_text(body, &text, "name") == ERR_OK) == json_is_string(want));
}

static void check_number(struct body *body, const json_t *want) {
    uint64_t number;
    bool given;
    enum err err = body_optional_u64(body, &number, &given, "expires_at");
    if (err != ERR_OK) {
        check_detail(body->task, err);
    } else if (given) {
        assert(number < UINT64_C(1) << 53 && json_integer_value(want) == (json_int_t)number);
    } else {
        assert(want == NULL || json_is_null(want));
    }
}

static void check_texts(struct body *body, const json_t *want) {
    struct slice texts[MAX_TEXTS];
    size_t n;
    enum err err = body_texts(body, texts, &n, "scopes", 1, MAX_TEXTS);
    if (err != ERR_OK) {
        check_detail(body->task, err);
        return;
    }
    assert(n >= 1 && n <= MAX_TEXTS && n == json_array_size(want));
    for (size_t i = 0; i < n; i++) assert(strcmp(texts[i].p, json_string_value(json_array_get(want, i))) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    struct body body;
    const char *text = (const char *)data;
    enum err err = body_parse(&task, &body, (struct slice){text, size}, known);
    if (err != ERR_OK) {
        check_detail(&task, err);
    } else {
        json_t *root = json_loadb(text, size, 0, NULL);
        assert(json_is_object(root) && json_object_size(root) <= 3);
        assert(body_has(&body, "name") == (json_object_get(root, "name") != NULL));
        check_name(&body, json_object_get(root, "name"));
        check_number(&body, json_object_get(root, "expires_at"));
        check_texts(&body, json_object_get(root, "scopes"));
        json_decref(root);
    }
    arena_free(task.arena);
    return 0;
}
