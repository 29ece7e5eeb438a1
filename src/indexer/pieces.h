/* A span of blocks on its way into the index, in pieces: many are read at a time and in any order, but they are given
 * out in theirs. Owned by the backfill; one thread. */
#ifndef DAPPD_INDEXER_PIECES_H
#define DAPPD_INDEXER_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/logs.h"

enum piece_state { PIECE_UNREAD, PIECE_READING, PIECE_READ };

struct piece {
    uint64_t from;
    uint64_t to; /* inclusive */
    enum piece_state state;
    struct logs logs;      /* of one that is read */
    struct block_ref last; /* likewise: block `to`, as the node has it whose logs these are */
    struct piece *next;
};

struct pieces {
    struct piece *first;
    size_t rows;    /* in those that are read, as logs_weight reckons */
    size_t reading; /* how many are being read */
};

/* The whole span, as one piece that is not read. */
void pieces_init(struct pieces *pieces, uint64_t from, uint64_t to);
void pieces_free(struct pieces *pieces);

/* Takes at most so many blocks of the first unread piece for reading; the rest becomes a piece of its own. While there
 * are max_rows waiting to be given out, only what would be given out next may be read. Returns NULL when there is
 * nothing to read now. */
struct piece *pieces_take(struct pieces *pieces, uint64_t blocks, size_t max_rows);

/* What became of a piece that was taken: it was read; it is to be read again; all behind `last` is to be read apart
 * from it. */
void pieces_done(struct pieces *pieces, struct piece *piece);
void pieces_undo(struct pieces *pieces, struct piece *piece);
void pieces_split(struct pieces *pieces, struct piece *piece, uint64_t last);

/* True when the first piece is read and can be given out. */
bool pieces_ready(const struct pieces *pieces);

/* The first piece, which has to be ready; the caller frees it with piece_free. */
struct piece *pieces_shift(struct pieces *pieces);
void piece_free(struct piece *piece);

#endif
