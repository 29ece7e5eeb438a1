/* Rows in the binary format of PostgreSQL's COPY, sent in large pieces: one buffer, filled field by field without a
 * branch or an allocation for each row. A stream belongs to whoever declared it; the task's coroutine.
 * Source: PostgreSQL documentation, COPY, "Binary Format". */
#ifndef DAPPD_REPOS_COPY_ROWS_H
#define DAPPD_REPOS_COPY_ROWS_H

#include <stdint.h>
#include <string.h>

#include "core/buf.h"
#include "repos/pg_session.h"
#include "repos/pg_value.h"

enum {
    COPY_PIECE_BYTES = 256 * 1024, /* sent at once */
    COPY_ROW_BYTES = 512,          /* the most that a row may need */
    COPY_BUFFER_BYTES = COPY_PIECE_BYTES + COPY_ROW_BYTES
};

/* The header of the format, and what ends it. */
void copy_rows_header(struct buf *out);
void copy_rows_trailer(struct buf *out);

/* Begins a COPY. In: sql, COPY ... FROM STDIN (FORMAT binary); buffer, reused by one stream after the other, made with
 * a maximum of COPY_BUFFER_BYTES or more. */
struct copy_rows {
    struct pg_session *session;
    struct buf *buffer;
};
enum err copy_rows_begin(struct task *task, struct copy_rows *copy, struct pg_session *session, struct buf *buffer,
                         const char *sql) MUST_CHECK;

/* Where the next row of at most COPY_ROW_BYTES is written, beginning with copy_put_fields; copy_row_done takes where it
 * ended, and sends what has become enough. */
uint8_t *copy_row(struct buf *buffer);

/* The same for a row of at most so many bytes. Returns NULL when that is more than the buffer may hold. */
uint8_t *copy_row_of(struct buf *buffer, size_t bytes);
enum err copy_row_done(struct task *task, struct copy_rows *copy, const uint8_t *end) MUST_CHECK;

/* ERR_INTERNAL unless PostgreSQL took as many rows as it was given. */
enum err copy_rows_end(struct task *task, struct copy_rows *copy, uint64_t rows) MUST_CHECK;

/* Each writes one field and returns where the next one goes. */
static inline uint8_t *copy_put_be(uint8_t *out, uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) *out++ = (uint8_t)(value >> shift);
    return out;
}
static inline uint8_t *copy_put_fields(uint8_t *out, int n) {
    return copy_put_be(out, (uint64_t)n, 2);
}
static inline uint8_t *copy_put_integer(uint8_t *out, uint64_t value, int bytes) {
    return copy_put_be(copy_put_be(out, (uint64_t)bytes, 4), value, bytes);
}
static inline uint8_t *copy_put_bytes(uint8_t *out, const void *data, size_t len) {
    out = copy_put_be(out, len, 4);
    memcpy(out, data, len);
    return out + len;
}
static inline uint8_t *copy_put_null(uint8_t *out) {
    return copy_put_be(out, UINT32_MAX, 4);
}
static inline uint8_t *copy_put_numeric(uint8_t *out, const u256 *value) {
    size_t len = pg_numeric_write(out + 4, value);
    return copy_put_be(out, len, 4) + len;
}

#endif
