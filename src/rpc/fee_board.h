/* What was last read of a chain's fees. Shared by all reactors; locks by itself. */
#ifndef DAPPD_RPC_FEE_BOARD_H
#define DAPPD_RPC_FEE_BOARD_H

#include <pthread.h>

#include "rpc/fees.h"

struct fee_board {
    pthread_mutex_t mutex;
    bool filled;
    struct fee_facts facts;
};

void fee_board_init(struct fee_board *board);
void fee_board_free(struct fee_board *board);

/* Returns false when it has those of another block, or none. */
bool fee_board_get(struct fee_board *board, struct fee_facts *out, const hash32 *block);
void fee_board_put(struct fee_board *board, const struct fee_facts *facts);

#endif
