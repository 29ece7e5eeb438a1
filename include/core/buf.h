/* A byte buffer that grows up to a maximum given where it is made. Owned by whoever made it, one thread.
 *
 * Past its maximum it fails and stays failed: appends do nothing, so a writer checks once, at the end. */
#ifndef DAPPD_CORE_BUF_H
#define DAPPD_CORE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* not NUL-terminated; NULL while empty */
    size_t len;
    size_t cap;
    size_t max; /* the most bytes it may hold */
    bool failed;
};

void buf_init(struct buf *buf, size_t max);
void buf_free(struct buf *buf);

/* Empties it and clears the failure; keeps the memory. */
void buf_clear(struct buf *buf);

void buf_append(struct buf *buf, const void *data, size_t len);
void buf_append_str(struct buf *buf, const char *text);
void buf_append_char(struct buf *buf, char c);
void buf_append_u64(struct buf *buf, unsigned long long value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Returns room for len more bytes, already counted in buf->len, or NULL (failed). */
char *buf_extend(struct buf *buf, size_t len);

/* Hands the memory over: the caller frees it with free(). The buffer is empty afterwards. */
char *buf_take(struct buf *buf, size_t *len);

#endif
