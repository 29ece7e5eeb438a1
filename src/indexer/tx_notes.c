/* Open transactions come by their ids, so two lists in that order are all it takes to find one's note again. Owned by
 * the follower of transactions.
 * On its coroutine. */
#include "tx_notes.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_CAP = 64 };

void tx_notes_free(struct tx_notes *notes) {
    free(notes->last);
    free(notes->now);
    *notes = (struct tx_notes){.last = NULL};
}

void tx_notes_begin(struct tx_notes *notes) {
    notes->at = 0;
    notes->n_now = 0;
}

void tx_notes_end(struct tx_notes *notes) {
    const struct tx_notes ended = *notes;
    notes->last = ended.now;
    notes->n_last = ended.n_now;
    notes->last_cap = ended.now_cap;
    notes->now = ended.last;
    notes->n_now = 0;
    notes->now_cap = ended.last_cap;
}

struct tx_note tx_notes_take(struct tx_notes *notes, int64_t id) {
    while (notes->at < notes->n_last && notes->last[notes->at].id < id) notes->at++;
    if (notes->at < notes->n_last && notes->last[notes->at].id == id) return notes->last[notes->at];
    return (struct tx_note){.id = id, .verdict = TX_TAKEN};
}

void tx_notes_put(struct tx_notes *notes, const struct tx_note *note) {
    assert(notes->n_now == 0 || notes->now[notes->n_now - 1].id < note->id);
    if (notes->n_now == notes->now_cap) {
        notes->now_cap = notes->now_cap == 0 ? FIRST_CAP : 2 * notes->now_cap;
        notes->now = realloc(notes->now, notes->now_cap * sizeof *notes->now);
        if (notes->now == NULL) abort();
    }
    notes->now[notes->n_now++] = *note;
}
