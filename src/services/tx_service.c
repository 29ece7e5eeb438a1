/* Receipt and index side by side. Memory is the task's arena; the task's coroutine. */
#include "services/tx_service.h"

#include <stdlib.h>

#include "services/indexed.h"
#include "transfer_tokens.h"

/* How long the database may take: the nodes have answered already, or will not. */
enum { INDEX_WAIT_MS = 1000 };

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
static void ask_nodes(struct task *child, void *arg, size_t i) {
    struct told *told = arg;
    const uint64_t now_ms = reactor_now_ms(child->reactor);
    const uint64_t half_ms = now_ms < child->deadline_ms ? (child->deadline_ms - now_ms) / 2 : 0;
    (void)i;
    child->deadline_ms -= half_ms < INDEX_WAIT_MS ? half_ms : INDEX_WAIT_MS;
    told->err = receipt_read(child, told->source->chain, &told->tx->receipt, &told->tx->hash);
    told->fault = child->fault;
}

/* A task of its own, since a database that is away is no fault of the request. */
static void ask_index(struct task *child, void *arg, size_t i) {
    struct found *found = arg;
    const uint64_t until_ms = reactor_now_ms(child->reactor) + INDEX_WAIT_MS;
    uint64_t id;
    (void)i;
    if (until_ms < child->deadline_ms) child->deadline_ms = until_ms;
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
static enum tx_status status_of(const struct receipt *receipt) {
    const struct logs *logs = &receipt->logs;
    if (receipt->has_status) return receipt->succeeded ? TX_SUCCEEDED : TX_REVERTED;
    return logs->n_transfers + logs->n_odd + logs->n_nft > 0 ? TX_SUCCEEDED : TX_MINED;
}

static enum err take_receipt(struct task *task, const struct source *source, struct tx *out, struct found *found) {
    out->live = true;
    if (out->receipt.state == RECEIPT_PENDING) return ERR_OK;
    out->status = status_of(&out->receipt);
    out->block = out->receipt.block;
    enum err err = transfer_tokens_ask(task, source, &found->tokens);
    return err != ERR_OK ? err : take_transfers(task, out, found);
}

/* A transaction that moved a token has succeeded. */
static void take_rows(struct tx *out, const struct found *found) {
    const struct log_place *place = &found->page.rows[0].log.place;
    out->status = TX_SUCCEEDED;
    out->indexed = true;
    out->block =
        (struct block_ref){.number = place->block_number, .hash = place->block_hash, .timestamp = place->timestamp};
    out->transfers = found->page.rows;
    out->n_transfers = found->page.n_rows;
}

enum err tx_service_get(struct task *task, const struct source *source, struct tx *out) {
    struct found found = {.source = source, .hash = &out->hash};
    struct told told = {.source = source, .tx = out};
    char text[HASH32_TEXT_BYTES];
    task_parallel(task, 1, ask_nodes, &told);
    if (told.err == ERR_OK && !arena_defer(task->arena, release_receipt, &out->receipt)) return task_fail_memory(task);
    const bool known = told.err == ERR_OK && out->receipt.state != RECEIPT_UNKNOWN;
    enum err err = known ? transfer_tokens_collect(task, &found.tokens, &out->receipt.logs) : ERR_OK;
    if (err != ERR_OK) return err;
    task_parallel(task, 1, ask_index, &found);
    if (known) return take_receipt(task, source, out, &found);
    if (found.page.n_rows > 0) {
        take_rows(out, &found);
        return ERR_OK;
    }
    if (told.err == ERR_OK) {
        return task_fail(task, ERR_TRANSACTION_NOT_FOUND, "no node and no index knows %s",
                         hash32_format(text, &out->hash));
    }
    task->fault = told.fault;
    return told.err;
}
