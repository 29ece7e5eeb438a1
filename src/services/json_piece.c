/* JSON that is made while a request is answered lives as long as the request. Shared by all threads is the count of
 * what all requests hold, and nothing else. The task's coroutine. */
#include "services/json_piece.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_size_t all_bytes; /* of the pieces there are */

/* What goes with a request's arena. */
struct held {
    char *text;
    size_t len;
};

static void release(void *arg) {
    const struct held *held = arg;
    free(held->text);
    (void)atomic_fetch_sub(&all_bytes, held->len);
}

/* Counts the piece among all. Returns false, with nothing counted, when there is no room. */
static bool count(size_t len) {
    if (atomic_fetch_add(&all_bytes, len) <= JSON_PIECES_MAX_BYTES - len) return true;
    (void)atomic_fetch_sub(&all_bytes, len);
    return false;
}

static enum err refuse(struct task *task, struct buf *buf, const char *why) {
    buf_free(buf);
    return task_fail(task, ERR_OVERLOADED, "%s", why);
}

enum err json_piece_take(struct task *task, struct json_piece *out, struct buf *buf) {
    *out = (struct json_piece){.text = NULL};
    struct held *held = arena_alloc(task->arena, sizeof *held);
    if (held == NULL || buf->failed || !arena_charge(task->arena, buf->len)) {
        return refuse(task, buf, "the answer is longer than a request may hold");
    }
    if (buf->len > JSON_PIECES_MAX_BYTES || !count(buf->len)) {
        return refuse(task, buf, "too many long answers are being given");
    }
    held->text = buf_take(buf, &held->len);
    char *cut = held->len > 0 ? realloc(held->text, held->len) : NULL; /* a buffer has up to twice of what it holds */
    if (cut != NULL) held->text = cut;
    if (!arena_defer(task->arena, release, held)) return task_fail_memory(task);
    *out = (struct json_piece){held->text, held->len};
    return ERR_OK;
}
