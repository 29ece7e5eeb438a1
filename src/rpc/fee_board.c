/* One block's facts are all that is ever asked for again: those of the newest. Belongs to the chain.
 * Any thread. */
#include "fee_board.h"

void fee_board_init(struct fee_board *board) {
    *board = (struct fee_board){.filled = false};
    pthread_mutex_init(&board->mutex, NULL);
}

void fee_board_free(struct fee_board *board) {
    pthread_mutex_destroy(&board->mutex);
}

bool fee_board_get(struct fee_board *board, struct fee_facts *out, const hash32 *block) {
    pthread_mutex_lock(&board->mutex);
    bool has = board->filled && hash32_equal(&board->facts.block, block);
    if (has) *out = board->facts;
    pthread_mutex_unlock(&board->mutex);
    return has;
}

void fee_board_put(struct fee_board *board, const struct fee_facts *facts) {
    pthread_mutex_lock(&board->mutex);
    board->facts = *facts;
    board->filled = true;
    pthread_mutex_unlock(&board->mutex);
}
