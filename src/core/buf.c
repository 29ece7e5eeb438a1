/* A growing byte buffer with a maximum. Owned by whoever made it; one thread. */
#include "core/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST_BYTES = 256 };

void buf_init(struct buf *buf, size_t max) {
    *buf = (struct buf){.max = max};
}

void buf_free(struct buf *buf) {
    free(buf->data);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf) {
    buf->len = 0;
    buf->failed = false;
}

static bool reserve(struct buf *buf, size_t len) {
    if (buf->failed) return false;
    if (len > buf->max || buf->len > buf->max - len) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->len + len;
    if (need <= buf->cap && buf->data != NULL) return true;
    size_t cap = buf->cap > 0 ? buf->cap : BUF_FIRST_BYTES;
    while (cap < need) cap = cap < buf->max / 2 ? cap * 2 : buf->max;
    if (cap > buf->max) cap = buf->max;
    char *data = realloc(buf->data, cap + 1); /* one more for the NUL of vsnprintf */
    if (data == NULL) abort();
    buf->data = data;
    buf->cap = cap;
    return true;
}

char *buf_extend(struct buf *buf, size_t len) {
    if (!reserve(buf, len)) return NULL;
    char *at = buf->data + buf->len;
    buf->len += len;
    return at;
}

void buf_append(struct buf *buf, const void *data, size_t len) {
    if (len == 0) return;
    char *at = buf_extend(buf, len);
    if (at != NULL) memcpy(at, data, len);
}

void buf_append_str(struct buf *buf, const char *text) {
    buf_append(buf, text, strlen(text));
}

void buf_append_char(struct buf *buf, char c) {
    buf_append(buf, &c, 1);
}

void buf_append_u64(struct buf *buf, unsigned long long value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_append(buf, digits + at, sizeof digits - at);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    assert(len >= 0);
    char *at = buf_extend(buf, (size_t)len);
    if (at != NULL) (void)vsnprintf(at, (size_t)len + 1, format, again);
    va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    buf_vprintf(buf, format, args);
    va_end(args);
}

char *buf_take(struct buf *buf, size_t *len) {
    char *data = buf->data;
    *len = buf->len;
    buf_init(buf, buf->max);
    return data;
}
