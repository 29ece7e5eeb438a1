/* Receipt, index and what was written down side by side. Memory is the task's arena; the task's coroutine. */
#include "services/tx_service.h"

#include <stdlib.h>

#include "services/indexed.h"
#include "transfer_tokens.h"
#include "tx_meaning.h"

/* How long the database may take: the nodes have answered already, or will not. */
enum { INDEX_WAIT_MS = TX_DATABASE_WAIT_MS };

/* What the index says of the transaction, and of the tokens in its receipt. */
struct found {
    const struct source *source;
    const hash32 *hash;
    struct transfer_tokens tokens; /* none without a receipt */
    struct transfer_page page;
    bool answered;
};

static void release_receipt(void *receipt) {
    receipt_free(receipt);
}

/* What the nodes say. */
struct told {
    const struct source *source;
    struct tx *tx;
    enum err err;
    struct fault fault;
};

/* Nodes that hang must leave the index the time to answer in their stead. */
static void ask_nodes(struct task *child, struct told *told) {
    const uint64_t now_ms = reactor_now_ms(child->reactor);
    const uint64_t half_ms = now_ms < child->deadline_ms ? (child->deadline_ms - now_ms) / 2 : 0;
    child->deadline_ms -= half_ms < INDEX_WAIT_MS ? half_ms : INDEX_WAIT_MS;
    told->err = receipt_read(child, told->source->chain, &told->tx->receipt, &told->tx->hash);
    told->fault = child->fault;
}

/* What was written down of it here. */
struct noted {
    const struct source *source;
    struct tx *tx;
    bool in_doubt; /* the database that could tell cannot be asked */
};

static void wait_for_database(struct task *child) {
    const uint64_t until_ms = reactor_now_ms(child->reactor) + INDEX_WAIT_MS;
    if (until_ms < child->deadline_ms) child->deadline_ms = until_ms;
}

static void ask_notes(struct task *child, struct noted *noted) {
    struct tx *tx = noted->tx;
    uint64_t id;
    wait_for_database(child);
    enum err err = sent_tx_begin(child, noted->source, &id);
    if (err == ERR_OK) err = transaction_repo_get(child, &tx->kept, id, &tx->hash);
    if (err == ERR_OK) err = transaction_repo_steps(child, &tx->life, &tx->n_steps, id, &tx->hash);
    tx->sent_here = err == ERR_OK;
    noted->in_doubt = err != ERR_OK && err != ERR_TRANSACTION_NOT_FOUND && noted->source->index != NULL;
}

struct first_look {
    struct told told;
    struct noted noted;
};

static void look(struct task *child, void *arg, size_t i) {
    struct first_look *first = arg;
    if (i == 0) {
        ask_nodes(child, &first->told);
    } else {
        ask_notes(child, &first->noted);
    }
}

/* A task of its own, since a database that is away is no fault of the request. */
static void ask_index(struct task *child, void *arg, size_t i) {
    struct found *found = arg;
    uint64_t id;
    (void)i;
    wait_for_database(child);
    enum err err = indexed_begin(child, found->source, &id);
    if (err == ERR_OK) err = transfer_repo_of_tx(child, &found->page, id, found->hash);
    if (err == ERR_OK) err = transfer_tokens_look_up(child, &found->tokens, id);
    found->answered = err == ERR_OK && found->page.has_tip;
    if (!found->answered) found->page.n_rows = 0;
}

static int compare_rows(const void *a, const void *b) {
    const uint32_t x = ((const struct transfer_row *)a)->log.place.log_index;
    const uint32_t y = ((const struct transfer_row *)b)->log.place.log_index;
    return x < y ? -1 : x > y;
}

static bool is_same(const struct transfer_log *a, const struct transfer_log *b) {
    return hash32_equal(&a->place.block_hash, &b->place.block_hash) && a->kind == b->kind &&
           address_equal(&a->token, &b->token) && address_equal(&a->from, &b->from) && address_equal(&a->to, &b->to) &&
           u256_cmp(&a->amount, &b->amount) == 0;
}

static bool has_row(const struct found *found, const struct transfer_log *log) {
    const struct transfer_row wanted = {.log.place.log_index = log->place.log_index};
    const struct transfer_row *rows = found->page.rows;
    if (found->page.n_rows == 0) return false;
    const struct transfer_row *row = bsearch(&wanted, rows, found->page.n_rows, sizeof *rows, compare_rows);
    return row != NULL && is_same(&row->log, log);
}

/* Some wrapped coins announce what they wrap by a Transfer as well, right beside the Deposit or Withdrawal. */
static bool is_announced(const struct logs *logs, size_t i) {
    const struct transfer_log *log = &logs->transfers[i];
    for (size_t j = i > 0 ? i - 1 : 0; j <= i + 1 && j < logs->n_transfers; j++) {
        const struct transfer_log *beside = &logs->transfers[j];
        if (beside->kind == TRANSFER_EVENT && address_equal(&beside->token, &log->token) &&
            address_equal(&beside->from, &log->from) && address_equal(&beside->to, &log->to) &&
            u256_cmp(&beside->amount, &log->amount) == 0) {
            return true;
        }
    }
    return false;
}

static bool counts(const struct logs *logs, size_t i, const struct token_summary *token, bool in_index) {
    if (logs->transfers[i].kind == TRANSFER_EVENT || in_index) return true;
    return !token->live && token->decimals >= 0 && !is_announced(logs, i);
}

/* Takes what counts of the receipt's transfers, and compares it with what the index has. */
static enum err take_transfers(struct task *task, struct tx *out, const struct found *found) {
    const struct logs *logs = &out->receipt.logs;
    size_t n_same = 0;
    bool missing = false;
    out->transfers = arena_alloc(task->arena, logs->n_transfers * sizeof *out->transfers);
    if (out->transfers == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < logs->n_transfers; i++) {
        const struct transfer_log *log = &logs->transfers[i];
        const struct token_summary *token = transfer_tokens_find(&found->tokens, &log->token);
        const bool in_index = has_row(found, log);
        n_same += in_index;
        missing |= !in_index && token->live && log->kind == TRANSFER_EVENT;
        if (!counts(logs, i, token, in_index)) continue;
        out->transfers[out->n_transfers++] = (struct transfer_row){.log = *log, .token = *token};
    }
    out->indexed =
        found->answered && out->block.number <= found->page.block.number && !missing && n_same == found->page.n_rows;
    return ERR_OK;
}

/* What has failed leaves no logs. */
static enum tx_outcome status_of(const struct receipt *receipt) {
    const struct logs *logs = &receipt->logs;
    if (receipt->has_status) return receipt->succeeded ? TX_SUCCEEDED : TX_REVERTED;
    return logs->n_transfers + logs->n_odd + logs->n_nft > 0 ? TX_SUCCEEDED : TX_MINED;
}

static enum err take_receipt(struct task *task, const struct source *source, struct tx *out, struct found *found) {
    out->origin = TX_LIVE;
    if (out->receipt.state == RECEIPT_PENDING) return ERR_OK;
    out->status = status_of(&out->receipt);
    out->block = out->receipt.block;
    enum err err = transfer_tokens_ask(task, source, &found->tokens, &out->block);
    return err != ERR_OK ? err : take_transfers(task, out, found);
}

/* A transaction that moved a token has succeeded. */
static void take_rows(struct tx *out, const struct found *found) {
    const struct log_place *place = &found->page.rows[0].log.place;
    out->origin = TX_INDEXED;
    out->status = TX_SUCCEEDED;
    out->indexed = true;
    out->block =
        (struct block_ref){.number = place->block_number, .hash = place->block_hash, .timestamp = place->timestamp};
    out->transfers = found->page.rows;
    out->n_transfers = found->page.n_rows;
}

static void take_notes(struct tx *out) {
    static const enum tx_outcome statuses[KEPT_TX_STATE_COUNT] = {
        [KEPT_TX_ACCEPTED] = TX_PENDING,  [KEPT_TX_PENDING] = TX_PENDING,  [KEPT_TX_CONFIRMED] = TX_SUCCEEDED,
        [KEPT_TX_REVERTED] = TX_REVERTED, [KEPT_TX_REPLACED] = TX_UNMINED, [KEPT_TX_DROPPED] = TX_UNMINED,
        [KEPT_TX_REFUSED] = TX_UNMINED,
    };
    const struct kept_tx_block *at = &out->kept.block;
    out->origin = TX_KEPT;
    out->status = statuses[out->kept.state];
    out->block = (struct block_ref){.number = at->number, .hash = at->hash, .timestamp = at->timestamp};
}

/* Nobody looks out any more for one that was refused long ago. That nodes have it all the same is seen here; from now
 * on it is watched, which does not send it. */
static void take_back(struct task *child, void *arg, size_t i) {
    struct tx *tx = arg;
    struct kept_tx now;
    const struct kept_tx_move move = {.chain_id = tx->kept.chain_id,
                                      .hash = tx->hash,
                                      .from = KEPT_TX_REFUSED,
                                      .to = KEPT_TX_DROPPED,
                                      .step = kept_tx_state_name(KEPT_TX_DROPPED),
                                      .reason = tx->kept.reason};
    bool moved;
    (void)i;
    wait_for_database(child);
    if (transaction_repo_move(child, NULL, &moved, &move) != ERR_OK || !moved) return;
    if (transaction_repo_get(child, &now, move.chain_id, &move.hash) == ERR_OK) tx->kept = now;
}

static enum err fail(struct task *task, const struct tx *tx, const struct first_look *first) {
    char text[HASH32_TEXT_BYTES];
    if (first->told.err != ERR_OK) {
        task->fault = first->told.fault;
        return first->told.err;
    }
    (void)hash32_format(text, &tx->hash);
    if (!first->noted.in_doubt) {
        return task_fail(task, ERR_TRANSACTION_NOT_FOUND, "no node and no index knows %s", text);
    }
    return task_fail(task, ERR_TRANSACTIONS_UNAVAILABLE,
                     "no node knows %s, and whether it was sent here cannot be told", text);
}

/* In: known, nodes have told of it. */
static enum err take(struct task *task, const struct source *source, struct tx *out, const struct first_look *first,
                     bool known) {
    struct found found = {.source = source, .hash = &out->hash};
    enum err err = known ? transfer_tokens_collect(task, &found.tokens, &out->receipt.logs) : ERR_OK;
    if (err != ERR_OK) return err;
    task_parallel(task, 1, ask_index, &found);
    if (known && out->sent_here && out->kept.state == KEPT_TX_REFUSED && out->kept.final) {
        task_parallel(task, 1, take_back, out);
    }
    if (known) return take_receipt(task, source, out, &found);
    if (found.page.n_rows > 0) {
        take_rows(out, &found);
    } else if (out->sent_here) {
        take_notes(out);
    } else {
        return fail(task, out, first);
    }
    return ERR_OK;
}

enum err tx_service_get(struct task *task, struct abi_store *abis, const struct source *source, struct tx *out) {
    struct first_look first = {.told = {.source = source, .tx = out}, .noted = {.source = source, .tx = out}};
    task_parallel(task, 2, look, &first);
    const bool answered = first.told.err == ERR_OK;
    if (answered && !arena_defer(task->arena, release_receipt, &out->receipt)) return task_fail_memory(task);
    enum err err = take(task, source, out, &first, answered && out->receipt.state != RECEIPT_UNKNOWN);
    return err == ERR_OK ? tx_meaning_find(task, abis, source, out) : err;
}
