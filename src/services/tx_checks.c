/* Nonce and balance are read at the head, from one node: it refuses nothing unless most nodes say so. A head that lags
 * shows a nonce that is too low, which refuses nothing, or a balance that has grown since: so what is missing there
 * counts only where the chain can have no newer block. Stateless; the task's coroutine. */
#include "tx_checks.h"

#include "core/clock.h"
#include "eth/transaction_cost.h"
#include "pinned.h"
#include "rpc/receipt.h"
#include "rpc/state.h"
#include "rpc/tx_poll.h"

enum { MIN_BLOCK_TIME_MS = 1000 }; /* timestamps have whole seconds */

/* The sender, at a block. */
struct account {
    const address *owner;
    u256 nonce;
    u256 balance;
};

static const struct block_spec latest = {.kind = BLOCK_LATEST};

static enum err read_account(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct account *account = arg;
    struct state_read reads[] = {{.kind = STATE_NONCE, .to = *account->owner},
                                 {.kind = STATE_BALANCE, .to = *account->owner}};
    state_read_many(task, source->chain, block, reads, 2);
    for (size_t i = 0; i < 2; i++) {
        if (reads[i].err == ERR_OK) continue;
        (void)task_fail(task, reads[i].err, "%s", reads[i].detail);
        task->fault.retry_after_s = reads[i].retry_after_s;
        return reads[i].err;
    }
    account->nonce = u256_from_be(reads[0].bytes);
    account->balance = u256_from_be(reads[1].bytes);
    return ERR_OK;
}

enum err tx_checks_ask(struct task *task, const struct source *source, bool *known, const hash32 *hash) {
    struct receipt receipt;
    enum err err = receipt_read(task, source->chain, &receipt, hash);
    if (err != ERR_OK) return err;
    *known = receipt.state != RECEIPT_UNKNOWN;
    receipt_free(&receipt);
    return ERR_OK;
}

/* Where nodes do not agree, it is sent to them: they refuse it themselves. */
static bool is_past(struct task *task, const struct source *source, const struct block_ref *block,
                    const struct transaction *tx) {
    return tx_poll_nonce(task, source->chain, &tx->sender, tx->nonce, &block->hash) == TX_POLL_YES;
}

static enum err check_nonce(struct task *task, const struct source *source, bool *in_chain,
                            const struct account *account, const struct block_ref *block,
                            const struct transaction *tx) {
    const u256 nonce = u256_from_u64(tx->nonce);
    char text[U256_DEC_BYTES];
    *in_chain = false;
    if (u256_cmp(&account->nonce, &nonce) <= 0) return ERR_OK;
    enum err err = tx_checks_ask(task, source, in_chain, &tx->hash);
    if (err != ERR_OK || *in_chain || !is_past(task, source, block, tx)) return err;
    (void)u256_to_dec(text, &account->nonce);
    return task_fail(task, ERR_NONCE_TOO_LOW, "the nonce is %llu, and the next one of its sender is %s",
                     (unsigned long long)tx->nonce, text);
}

static enum err check_gas(struct task *task, const struct transaction *tx) {
    const uint64_t gas = transaction_intrinsic_gas(tx);
    if (tx->gas >= gas) return ERR_OK;
    return task_fail(task, ERR_GAS_TOO_LOW, "the gas is %llu, and before anything runs it takes %llu",
                     (unsigned long long)tx->gas, (unsigned long long)gas);
}

/* No block can be newer: the next one is not due yet. */
static bool is_newest(const struct source *source, const struct block_ref *block) {
    const uint64_t step_ms = chain_block_time_ms(source->chain), now_ms = clock_wall_us() / 1000;
    return step_ms >= MIN_BLOCK_TIME_MS && block->timestamp < UINT64_MAX / 2000 &&
           now_ms < block->timestamp * 1000 + step_ms;
}

static bool is_short(const struct account *account, const u256 *cost, bool over) {
    return over || u256_cmp(&account->balance, cost) < 0;
}

/* Of a head that was read a moment ago the next look makes sure. */
static enum err check_funds(struct task *task, const struct source *source, struct account *account,
                            struct block_ref *block, const struct transaction *tx) {
    char has[U256_DEC_BYTES], needs[U256_DEC_BYTES];
    u256 cost;
    const bool over = transaction_max_cost(&cost, tx);
    if (!is_short(account, &cost, over)) return ERR_OK;
    chain_forget_head(source->chain, &block->hash);
    enum err err = pinned_read(task, source, block, &latest, read_account, account);
    if (err != ERR_OK) return err;
    if (!over && (!is_short(account, &cost, over) || !is_newest(source, block))) return ERR_OK;
    if (!over && tx_poll_funds(task, source->chain, &tx->sender, &cost, &block->hash) != TX_POLL_NO) return ERR_OK;
    (void)u256_to_dec(has, &account->balance);
    if (over)
        return task_fail(task, ERR_INSUFFICIENT_FUNDS, "the sender has %s wei, and it may cost 2^256 or more", has);
    (void)u256_to_dec(needs, &cost);
    return task_fail(task, ERR_INSUFFICIENT_FUNDS, "the sender has %s wei, and it may cost %s", has, needs);
}

enum err tx_checks_run(struct task *task, const struct source *source, bool *in_chain, const struct transaction *tx) {
    struct account account = {.owner = &tx->sender};
    struct block_ref block;
    enum err err = check_gas(task, tx);
    if (err == ERR_OK) err = pinned_read(task, source, &block, &latest, read_account, &account);
    if (err == ERR_OK) err = check_nonce(task, source, in_chain, &account, &block, tx);
    if (err != ERR_OK || *in_chain) return err;
    return check_funds(task, source, &account, &block, tx);
}
