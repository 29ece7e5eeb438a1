/* An ordered list: a piece that is cut in two leaves both halves where it was, so that order survives every split and
 * every retry. Owns the pieces and the logs in them.
 * On the indexer's thread. */
#include "pieces.h"

#include <assert.h>
#include <stdlib.h>

static struct piece *piece_new(uint64_t from, uint64_t to, struct piece *next) {
    assert(from <= to);
    struct piece *piece = calloc(1, sizeof *piece);
    if (piece == NULL) abort();
    *piece = (struct piece){.from = from, .to = to, .next = next};
    logs_init(&piece->logs);
    return piece;
}

void piece_free(struct piece *piece) {
    logs_free(&piece->logs);
    free(piece);
}

void pieces_init(struct pieces *pieces, uint64_t from, uint64_t to) {
    *pieces = (struct pieces){.first = piece_new(from, to, NULL)};
}

void pieces_free(struct pieces *pieces) {
    assert(pieces->reading == 0);
    while (pieces->first != NULL) {
        struct piece *piece = pieces->first;
        pieces->first = piece->next;
        piece_free(piece);
    }
}

static void cut(struct piece *piece, uint64_t last) {
    piece->next = piece_new(last + 1, piece->to, piece->next);
    piece->to = last;
}

struct piece *pieces_take(struct pieces *pieces, uint64_t blocks, size_t max_rows) {
    assert(blocks > 0);
    struct piece *piece = pieces->first;
    while (piece != NULL && piece->state != PIECE_UNREAD) piece = piece->next;
    if (piece == NULL) return NULL;
    if (piece != pieces->first && pieces->rows >= max_rows) return NULL;
    if (piece->to - piece->from >= blocks) cut(piece, piece->from + blocks - 1);
    piece->state = PIECE_READING;
    pieces->reading++;
    return piece;
}

static void end_reading(struct pieces *pieces, struct piece *piece, enum piece_state state) {
    assert(piece->state == PIECE_READING);
    piece->state = state;
    pieces->reading--;
    if (state != PIECE_READ) logs_clear(&piece->logs);
}

void pieces_done(struct pieces *pieces, struct piece *piece) {
    end_reading(pieces, piece, PIECE_READ);
    pieces->rows += logs_weight(&piece->logs);
}

void pieces_undo(struct pieces *pieces, struct piece *piece) {
    end_reading(pieces, piece, PIECE_UNREAD);
}

void pieces_split(struct pieces *pieces, struct piece *piece, uint64_t last) {
    end_reading(pieces, piece, PIECE_UNREAD);
    cut(piece, last);
}

bool pieces_ready(const struct pieces *pieces) {
    return pieces->first != NULL && pieces->first->state == PIECE_READ;
}

struct piece *pieces_shift(struct pieces *pieces) {
    assert(pieces_ready(pieces));
    struct piece *piece = pieces->first;
    pieces->first = piece->next;
    pieces->rows -= logs_weight(&piece->logs);
    return piece;
}
