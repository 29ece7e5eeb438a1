/* The way of a transaction from a client to the nodes. From the moment that it is written down, what the client is
 * answered is what is written: whatever fails then is made good by whoever follows the chain's transactions. Stateless;
 * the task's coroutine. */
#include "services/tx_send_service.h"

#include "core/log.h"
#include "eth/contract_address.h"
#include "rpc/tx_send.h"
#include "services/chain_service.h"
#include "tx_checks.h"

static const uint64_t MAX_NONCE = (UINT64_C(1) << 53) - 1; /* what a number in JSON holds */

enum {
    SETTLE_MS = 1000 /* that writing down what the nodes have said may take */
};

enum err tx_send_decode(struct task *task, struct transaction *out, const uint8_t *raw, size_t len) {
    char problem[TRANSACTION_PROBLEM_BYTES];
    enum err err = transaction_decode(out, problem, raw, len);
    if (err != ERR_OK) {
        return task_fail(task, err == ERR_INVALID_SIGNATURE ? err : ERR_INVALID_TRANSACTION, "%s", problem);
    }
    if (!out->has_chain_id) {
        return task_fail(task, ERR_INVALID_TRANSACTION,
                         "it is valid on every chain, so anybody could repeat it there: sign it with a chain's id "
                         "(EIP-155)");
    }
    if (out->nonce > MAX_NONCE) return task_fail(task, ERR_INVALID_TRANSACTION, "no account gets as far as its nonce");
    if (out->type == TRANSACTION_BLOB && out->sidecar.kind == SIDECAR_NONE) {
        return task_fail(task, ERR_INVALID_TRANSACTION,
                         "its blobs are missing: send it in its network form (EIP-4844)");
    }
    return ERR_OK;
}

static enum err fail_wrong_chain(struct task *task, uint64_t id, struct chain *const *chains, size_t n) {
    const unsigned long long its = id;
    if (n > 1) return task_fail(task, ERR_WRONG_CHAIN, "it is for chain %llu, which is not served here", its);
    return task_fail(task, ERR_WRONG_CHAIN, "it is for chain %llu, and this is chain %llu", its,
                     (unsigned long long)chain_id(chains[0]));
}

enum err tx_send_choose(struct task *task, struct chain *const *chains, size_t n, const struct transaction *tx,
                        size_t *index) {
    enum err err = chain_service_find(task, chains, n, tx->chain_id, index);
    return err != ERR_OK || *index < n ? err : fail_wrong_chain(task, tx->chain_id, chains, n);
}

static void forget_fault(struct task *task) {
    task->fault = (struct fault){.code = ERR_OK};
}

/* Out: *known, it is there and does not begin anew. */
static enum err find(struct task *task, struct kept_tx *out, bool *known, uint64_t id, const hash32 *hash) {
    enum err err = transaction_repo_get(task, out, id, hash);
    *known = err == ERR_OK && out->state != KEPT_TX_REFUSED && out->state != KEPT_TX_DROPPED;
    if (err != ERR_TRANSACTION_NOT_FOUND) return err;
    forget_fault(task);
    return ERR_OK;
}

static enum err write_down(struct task *task, struct kept_tx *out, bool *fresh, const struct tx_sending *sending) {
    const struct transaction *tx = sending->tx;
    struct kept_tx what = {.chain_id = tx->chain_id,
                           .hash = tx->hash,
                           .type = tx->type,
                           .sender = tx->sender,
                           .nonce = tx->nonce,
                           .creates = tx->is_creation,
                           .to = tx->to,
                           .value = tx->value,
                           .raw = sending->raw,
                           .raw_len = sending->len};
    if (tx->is_creation) contract_address(&what.to, &tx->sender, tx->nonce);
    return transaction_repo_accept(task, out, fresh, &what);
}

/* A moment is left for what comes after. */
static enum tx_verdict send_to_nodes(struct task *task, const struct source *source, const struct tx_sending *what) {
    const uint64_t deadline_ms = task->deadline_ms, now_ms = reactor_now_ms(task->reactor);
    const uint64_t half_ms = now_ms < deadline_ms ? (deadline_ms - now_ms) / 2 : 0;
    const hash32 *hash = &what->tx->hash;
    unsigned taken;
    bool known = false;
    task->deadline_ms -= half_ms < SETTLE_MS ? half_ms : SETTLE_MS;
    enum tx_verdict verdict = tx_send(task, source->chain, &taken, what->raw, what->len, hash, what->nodes);
    if (verdict == TX_NONCE_USED) {
        enum err err = tx_checks_ask(task, source, &known, hash);
        if (err != ERR_OK || known) verdict = err != ERR_OK ? TX_UNCERTAIN : TX_TAKEN;
    }
    task->deadline_ms = deadline_ms;
    return verdict;
}

static struct kept_tx_move move_by(const struct transaction *tx, enum tx_verdict verdict) {
    const struct tx_verdict_info *info = tx_verdict_info(verdict);
    struct kept_tx_move move = {
        .chain_id = tx->chain_id, .hash = tx->hash, .from = KEPT_TX_ACCEPTED, .to = KEPT_TX_PENDING, .sent = true};
    if (verdict == TX_UNCERTAIN) {
        move.to = KEPT_TX_ACCEPTED;
        move.step = "sent";
        return move;
    }
    if (info->err != ERR_OK) {
        move.to = KEPT_TX_REFUSED;
        move.reason = err_info(info->err)->code;
    }
    move.step = kept_tx_state_name(move.to);
    return move;
}

/* Out: *kept as it is now, which may be another one's doing; as it was when the database does not answer. */
static void settle(struct task *task, struct kept_tx *kept, const struct kept_tx_move *move) {
    struct kept_tx now;
    bool moved;
    enum err err = transaction_repo_move(task, NULL, &moved, move);
    if (err == ERR_OK) err = transaction_repo_get(task, &now, move->chain_id, &move->hash);
    if (err == ERR_OK) {
        *kept = now;
    } else {
        log_write(LOG_DB, LOG_WARN, "what nodes have said of a transaction was not written down",
                  LOG_STR("reason", task->fault.detail));
    }
    forget_fault(task);
}

static enum err send_fresh(struct task *task, const struct source *source, struct kept_tx *kept,
                           const struct tx_sending *what) {
    const enum tx_verdict verdict = send_to_nodes(task, source, what);
    const struct kept_tx_move move = move_by(what->tx, verdict);
    forget_fault(task);
    settle(task, kept, &move);
    if (kept->state != KEPT_TX_REFUSED || move.to != KEPT_TX_REFUSED) return ERR_OK;
    return task_fail(task, tx_verdict_info(verdict)->err, "%s", tx_verdict_info(verdict)->detail);
}

/* The chain has it already: whoever follows finds out where. */
static void settle_known(struct task *task, struct kept_tx *kept, const struct transaction *tx) {
    struct kept_tx_move move = move_by(tx, TX_TAKEN);
    move.sent = false;
    settle(task, kept, &move);
}

/* Out: *known, it was there already. */
static enum err begin(struct task *task, const struct source *source, struct kept_tx *kept, bool *known,
                      const struct transaction *tx) {
    uint64_t id;
    enum err err = sent_tx_begin(task, source, &id);
    return err == ERR_OK ? find(task, kept, known, id, &tx->hash) : err;
}

static enum err take(struct task *task, const struct source *source, struct kept_tx *kept, bool *fresh,
                     const struct tx_sending *what) {
    bool in_chain;
    enum err err = tx_checks_run(task, source, &in_chain, what->tx);
    if (err == ERR_OK) err = write_down(task, kept, fresh, what);
    if (err != ERR_OK || !*fresh) return err;
    if (!in_chain) return send_fresh(task, source, kept, what);
    settle_known(task, kept, what->tx);
    return ERR_OK;
}

enum err tx_send_service_send(struct task *task, const struct source *source, struct sent_tx *out, bool *fresh,
                              const struct tx_sending *what) {
    bool known;
    *out = (struct sent_tx){.kept.id = 0};
    *fresh = false;
    enum err err = begin(task, source, &out->kept, &known, what->tx);
    if (err == ERR_OK && !known) err = take(task, source, &out->kept, fresh, what);
    return err == ERR_OK ? sent_tx_explain(task, what->abis, source, out, 1) : err;
}
