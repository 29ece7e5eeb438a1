/* Feeds routes/tx_body any body: jansson and libc must read the same bytes in whatever is taken, and every refusal has
 * a detail that can be shown. Owns a task's arena for each input. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "tx_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 1024 * 1024 };

static void check_detail(const struct task *task, enum err err) {
    const char *detail = task->fault.detail;
    char clean[TASK_DETAIL_BYTES];
    assert(task->fault.code == err && (err_info(err)->status == 400 || err == ERR_OVERLOADED));
    assert(strlen(detail) > 0 && utf8_clean(clean, sizeof clean, detail, strlen(detail)) == strlen(detail));
}

static void check_bytes(const uint8_t *raw, size_t len, struct slice text) {
    json_t *root = json_loadb(text.p, text.len, 0, NULL);
    const char *hex = json_string_value(json_object_get(root, "raw"));
    assert(hex != NULL && json_object_size(root) == 1 && strlen(hex) == 2 + 2 * len);
    for (size_t i = 0; i < len; i++) {
        const char pair[] = {hex[2 + 2 * i], hex[3 + 2 * i], '\0'};
        assert(raw[i] == strtoul(pair, NULL, 16));
    }
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    const struct slice text = {(const char *)data, size};
    const uint8_t *raw = NULL;
    size_t len = 0;
    enum err err = tx_body_parse(&task, &raw, &len, text);
    if (err == ERR_OK) {
        check_bytes(raw, len, text);
    } else {
        check_detail(&task, err);
    }
    arena_free(task.arena);
    return 0;
}
