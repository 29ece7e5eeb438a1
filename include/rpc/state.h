/* Reads of chain state at one block, from a coroutine: the one way for the layers above to ask what a contract returns
 * or an account holds. Equal reads in flight on a reactor share one question; different ones leave together in as few
 * calls as the chain's nodes allow. */
#ifndef DAPPD_RPC_STATE_H
#define DAPPD_RPC_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "eth/block.h"
#include "rpc/chain.h"
#include "rpc/rpc.h"

/* An error with arguments has some hundred bytes; what is longer than this is left out, since nobody could read it. */
enum { STATE_MAX_REVERT_BYTES = 32 * 1024 };

enum state_kind {
    STATE_CALL,     /* eth_call of a contract */
    STATE_BALANCE,  /* an account's balance */
    STATE_CODE,     /* an account's code */
    STATE_NONCE,    /* an account's nonce: how many transactions of its are in blocks up to this one */
    STATE_STORAGE,  /* a slot of a contract's storage */
    STATE_INIT_CODE /* an eth_call without `to`: runs its data and brings what that returns. It goes alone, and may cost
                       a node all the gas that it gives */
};

struct state_read {
    /* in */
    enum state_kind kind;
    address to;          /* zeros for STATE_INIT_CODE */
    const uint8_t *data; /* of STATE_CALL and STATE_INIT_CODE; of STATE_STORAGE the slot's number, 32 bytes big-endian;
                            borrowed until the read returns */
    size_t data_len;
    bool may_write; /* of STATE_CALL: only whoever asks says that the function is a view. It leaves no traces in what
                       others read of the contract */
    /* out */
    enum rpc_outcome outcome;
    enum err err;         /* ERR_OK, or what to answer a client about this read */
    const uint8_t *bytes; /* task's arena: what came back; of STATE_BALANCE, STATE_NONCE and STATE_STORAGE 32 bytes,
                             big-endian. NULL unless OK */
    size_t len;
    const uint8_t *revert_data; /* task's arena; NULL unless it reverted with data, of STATE_MAX_REVERT_BYTES at most */
    size_t revert_len;
    int retry_after_s;  /* when a retry makes sense; 0: unknown */
    const char *detail; /* public, static or in the task's arena; "" when OK */
};

/* Gives the metrics their values of the label `batching`. */
void state_set_metric_labels(void);

/* Every read succeeds or fails for itself. */
void state_read_many(struct task *task, struct chain *chain, const struct block_ref *block, struct state_read *reads,
                     size_t n);

#endif
