/* A piece of an answer that is JSON already: what a contract returned, reverted with or logged. Plain value, borrowed
 * from the task's arena; one request. */
#ifndef DAPPD_SERVICES_JSON_PIECE_H
#define DAPPD_SERVICES_JSON_PIECE_H

#include <stddef.h>

#include "core/buf.h"
#include "core/task.h"

/* A contract may return what takes many times its bytes as JSON. All pieces together are bounded as well, on all
 * threads, with the answers that they are copied to: a stranger may ask for the longest many times at once. */
enum { JSON_PIECE_MAX_BYTES = 24 * 1024 * 1024, JSON_PIECES_MAX_BYTES = 128 * 1024 * 1024 };

struct json_piece {
    const char *text; /* NULL: there is none */
    size_t len;
};

/* Takes over the buffer, which is empty afterwards, whatever comes of it. ERR_OVERLOADED when it has failed, or is more
 * than the task's arena, or all pieces, may still hold. */
enum err json_piece_take(struct task *task, struct json_piece *out, struct buf *buf) MUST_CHECK;

#endif
