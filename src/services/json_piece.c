/* JSON that is made while a request is answered lives as long as the request. Owns nothing; the task's coroutine. */
#include "services/json_piece.h"

#include <stdlib.h>

enum err json_piece_take(struct task *task, struct json_piece *out, struct buf *buf) {
    *out = (struct json_piece){.text = NULL};
    if (buf->failed || !arena_charge(task->arena, buf->len)) {
        buf_free(buf);
        return task_fail(task, ERR_OVERLOADED, "the answer is longer than a request may hold");
    }
    size_t len;
    char *text = buf_take(buf, &len);
    if (text == NULL) return ERR_OK;
    char *cut = realloc(text, len); /* a buffer has up to twice of what it holds */
    if (cut != NULL) text = cut;
    if (!arena_defer(task->arena, free, text)) return task_fail_memory(task);
    *out = (struct json_piece){text, len};
    return ERR_OK;
}
