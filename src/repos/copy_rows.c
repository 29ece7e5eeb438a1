/* One COPY after the other through one buffer, which the index writer owns.
 * What is under way when PostgreSQL refuses ends with the session's transaction.
 * The task's coroutine. */
#include "copy_rows.h"

#include <assert.h>

/* Signature, flags, length of the header's extension. */
static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
enum { HEADER_BYTES = 11 + 4 + 4 };

void copy_rows_header(struct buf *out) {
    static_assert(sizeof header == HEADER_BYTES, "the literal's own NUL is the header's last byte");
    buf_append(out, header, HEADER_BYTES);
}

void copy_rows_trailer(struct buf *out) {
    buf_append(out, "\377\377", 2);
}

enum err copy_rows_begin(struct task *task, struct copy_rows *copy, struct pg_session *session, struct buf *buffer,
                         const char *sql) {
    *copy = (struct copy_rows){session, buffer};
    buf_clear(buffer);
    copy_rows_header(buffer);
    return pg_session_copy_begin(task, session, sql);
}

/* The room stays counted until the row is done. */
uint8_t *copy_row(struct buf *buffer) {
    uint8_t *room = copy_row_of(buffer, COPY_ROW_BYTES);
    assert(room != NULL);
    return room;
}

uint8_t *copy_row_of(struct buf *buffer, size_t bytes) {
    return (uint8_t *)buf_extend(buffer, bytes);
}

static enum err send_piece(struct task *task, struct copy_rows *copy) {
    enum err err = pg_session_copy_write(task, copy->session, copy->buffer->data, copy->buffer->len);
    buf_clear(copy->buffer);
    return err;
}

enum err copy_row_done(struct task *task, struct copy_rows *copy, const uint8_t *end) {
    size_t len = (size_t)(end - (const uint8_t *)copy->buffer->data);
    assert(len <= copy->buffer->len);
    copy->buffer->len = len;
    return len < COPY_PIECE_BYTES ? ERR_OK : send_piece(task, copy);
}

enum err copy_rows_end(struct task *task, struct copy_rows *copy, uint64_t rows) {
    uint64_t copied = 0;
    copy_rows_trailer(copy->buffer);
    enum err err = send_piece(task, copy);
    if (err == ERR_OK) err = pg_session_copy_end(task, copy->session, &copied);
    if (err != ERR_OK || copied == rows) return err;
    return task_fail(task, ERR_INTERNAL, "the index took another number of rows than it was given");
}
