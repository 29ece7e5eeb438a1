/* A page of the index, with what it cannot be believed about read from the nodes. Memory is the task's arena.
 * The task's coroutine. */
#include "services/portfolio_service.h"

#include <string.h>

#include "repos/balance_repo.h"
#include "services/amount.h"
#include "services/indexed.h"
#include "snapshot.h"

static bool is_doubtful(const struct portfolio_row *row) {
    return row->token.drift != NULL;
}

static void read_live(struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                      const struct block_ref *tip) {
    struct task resolving = task_child(task);
    struct snapshot snapshot = {.amounts = reads, .n_amounts = n};
    struct block_ref block;
    if (indexed_resolve_tip(&resolving, source, &block, tip) == ERR_OK) {
        snapshot_read(task, source, &snapshot, &block);
        return;
    }
    const char *detail = arena_strndup(task->arena, resolving.fault.detail, strlen(resolving.fault.detail));
    for (size_t i = 0; i < n; i++) {
        reads[i].err = resolving.fault.code;
        reads[i].detail = detail != NULL ? detail : "";
    }
}

/* All in one go, at the block that the sums of the others are true at. */
static enum err read_doubtful(struct task *task, const struct source *source, struct amount_read **out,
                              const struct portfolio_page *page, const address *holder) {
    size_t n = 0;
    for (size_t i = 0; i < page->n_rows; i++) n += is_doubtful(&page->rows[i]);
    struct amount_read *reads = arena_alloc(task->arena, n * sizeof *reads);
    if (reads == NULL) return task_fail_memory(task);
    *out = reads;
    for (size_t i = 0; i < page->n_rows; i++) {
        if (!is_doubtful(&page->rows[i])) continue;
        *reads++ =
            (struct amount_read){.kind = AMOUNT_TOKEN_BALANCE, .token = page->rows[i].token.address, .owner = *holder};
    }
    if (n > 0) read_live(task, source, *out, n, &page->tip);
    return ERR_OK;
}

static struct portfolio_item make_item(const struct portfolio_row *row, const struct amount_read *read) {
    struct portfolio_item item = {.token = row->token, .live = read != NULL, .amount = row->amount, .detail = ""};
    if (read != NULL) {
        item.amount = read->amount;
        item.err = read->err;
        item.detail = read->detail;
    }
    return item;
}

static enum err make_items(struct task *task, struct portfolio *out, const struct portfolio_page *page,
                           const struct amount_read *read) {
    out->items = arena_alloc(task->arena, page->n_rows * sizeof *out->items);
    if (out->items == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < page->n_rows; i++) {
        bool live = is_doubtful(&page->rows[i]);
        struct portfolio_item item = make_item(&page->rows[i], live ? read++ : NULL);
        bool empty = live && item.err == ERR_OK && u256_is_zero(&item.amount);
        if (!empty) out->items[out->n_items++] = item;
    }
    return ERR_OK;
}

/* Where the token stood among the others is not known any more. */
static enum err check_place(struct task *task, const struct portfolio_page *page, const address *after) {
    char token[ADDRESS_TEXT_BYTES];
    if (!page->place_gone) return ERR_OK;
    return task_fail(task, ERR_CURSOR_EXPIRED,
                     "a reorg has taken back %s, with which the page before ended: begin without a cursor",
                     address_format(token, after));
}

enum err portfolio_service_get(struct task *task, const struct source *source, struct portfolio *out,
                               const address *holder, const address *after, size_t limit) {
    struct portfolio_page page;
    struct amount_read *reads = NULL;
    uint64_t id;
    enum err err = indexed_check_holder(task, holder);
    if (err == ERR_OK) err = indexed_begin(task, source, &id);
    if (err == ERR_OK) err = balance_repo_portfolio(task, &page, id, holder, after, limit);
    if (err == ERR_OK) err = indexed_check_tip(task, source, page.has_tip, &page.tip);
    if (err == ERR_OK) err = check_place(task, &page, after);
    if (err == ERR_OK) err = read_doubtful(task, source, &reads, &page, holder);
    if (err != ERR_OK) return err;
    *out = (struct portfolio){.block = page.tip, .more = page.more};
    if (page.n_rows > 0) out->last = page.rows[page.n_rows - 1].token.address;
    return make_items(task, out, &page, reads);
}
