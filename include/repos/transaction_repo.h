/* Transactions that clients have handed over, and their lives (tables transactions and transaction_steps). Errors:
 * those of repos/pg.h with ERR_TRANSACTIONS_UNAVAILABLE in the index's stead. Memory is the task's arena; the task's
 * coroutine. */
#ifndef DAPPD_REPOS_TRANSACTION_REPO_H
#define DAPPD_REPOS_TRANSACTION_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "eth/u256.h"
#include "repos/pg_session.h"

enum kept_tx_state {
    KEPT_TX_ACCEPTED,
    KEPT_TX_PENDING,
    KEPT_TX_CONFIRMED,
    KEPT_TX_REVERTED,
    KEPT_TX_REPLACED,
    KEPT_TX_DROPPED,
    KEPT_TX_REFUSED,
    KEPT_TX_STATE_COUNT
};

/* "accepted" and so on, as the database and clients have it. */
const char *kept_tx_state_name(enum kept_tx_state state);

enum {
    KEPT_TX_MAX_REVERT_BYTES = 4096, /* more is not kept */
    KEPT_TX_MAX_STEPS = 256,         /* of one life, that are given: the last ones */
    KEPT_TX_MAX_RIVALS = 32
};

/* Where it is in the chain. */
struct kept_tx_block {
    uint64_t number;
    hash32 hash;
    uint64_t timestamp; /* unix seconds */
    uint32_t index;     /* within the block */
    uint64_t gas_used;
    u256 gas_price; /* wei */
};

struct kept_tx {
    int64_t id;
    uint64_t chain_id;
    hash32 hash;
    unsigned type; /* EIP-2718 */
    address sender;
    uint64_t nonce;
    bool creates; /* a contract, at `to`; else `to` is who it goes to */
    address to;
    u256 value;
    enum kept_tx_state state;
    const char *reason; /* of refused and dropped: a public code; else NULL */
    bool final;
    struct kept_tx_block block; /* of confirmed and reverted */
    const uint8_t *revert_data; /* NULL: none */
    size_t revert_len;
    bool has_replaced_by;
    hash32 replaced_by;
    uint64_t created_at; /* unix seconds */
    uint64_t updated_at;
    uint64_t sent_at;   /* 0: never */
    const uint8_t *raw; /* as it was signed; NULL in lists, which it would make too long */
    size_t raw_len;
};

/* Writes a transaction down as accepted, before any node sees it. One that is there already is left as it is, unless it
 * was refused or dropped: that begins anew, with this raw form (a blob transaction has several). In: everything from
 * chain_id up to value, and raw. Out: *out, as it is now, without raw; *fresh, it is to be sent. */
enum err transaction_repo_accept(struct task *task, struct kept_tx *out, bool *fresh,
                                 const struct kept_tx *what) MUST_CHECK;

/* ERR_TRANSACTION_NOT_FOUND. */
enum err transaction_repo_get(struct task *task, struct kept_tx *out, uint64_t chain_id, const hash32 *hash) MUST_CHECK;

struct kept_tx_step {
    uint64_t at;      /* unix seconds */
    const char *step; /* a state's name, or "sent", "resent", "reorged", "final" */
    const char *reason;
    bool has_block;
    uint64_t block_number;
    hash32 block_hash;
};

enum err transaction_repo_steps(struct task *task, struct kept_tx_step **out, size_t *n, uint64_t chain_id,
                                const hash32 *hash) MUST_CHECK;

/* Those with this sender, recipient or created contract; the latest first, before that id (0: from the latest). */
enum err transaction_repo_page(struct task *task, struct kept_tx **out, size_t *n, bool *more, uint64_t chain_id,
                               const address *account, int64_t before, size_t limit) MUST_CHECK;

/* Those of this sender with this nonce, the latest first, at most KEPT_TX_MAX_RIVALS: one of them at most is ever in
 * the chain. In: session as below. */
enum err transaction_repo_of_nonce(struct task *task, struct pg_session *session, struct kept_tx **out, size_t *n,
                                   uint64_t chain_id, const address *sender, uint64_t nonce) MUST_CHECK;

/* Those that are not final, by id, behind `after`. In: session, whoever follows holds the chain's lock by; NULL: any.
 */
enum err transaction_repo_open(struct task *task, struct pg_session *session, struct kept_tx **out, size_t *n,
                               uint64_t chain_id, int64_t after, size_t limit) MUST_CHECK;

/* What has become of one. Nothing is written, and *moved is false, unless it is in the state `from`, with that block.
 * Reason, revert_data and replaced_by that are not given stay as they are while state and block do. */
struct kept_tx_move {
    uint64_t chain_id;
    hash32 hash;
    enum kept_tx_state from;
    enum kept_tx_state to;
    const struct kept_tx_block *from_block; /* of confirmed and reverted, else NULL */
    const struct kept_tx_block *to_block;
    const char
        *step; /* of its life, with the block that it comes to or else leaves; NULL: nothing that belongs there */
    const char *reason; /* NULL: none */
    const uint8_t *revert_data;
    size_t revert_len;
    const hash32 *replaced_by; /* NULL: not known */
    bool final;
    bool sent; /* it has just been sent to nodes */
};
enum err transaction_repo_move(struct task *task, struct pg_session *session, bool *moved,
                               const struct kept_tx_move *move) MUST_CHECK;

/* Takes the lock of who follows this chain's transactions, for as long as the session lives. */
enum err transaction_repo_lock(struct task *task, struct pg_session *session, bool *locked,
                               uint64_t chain_id) MUST_CHECK;

#endif
