/* Transfers as the index has them, newest first. Each statement sees one snapshot: rows and the block that they are
 * true at belong together. A list shows the same rows however the chain grows while its pages are read. The task's
 * coroutine; what is given lives in the task's arena. Errors: those of repos/pg.h. */
#ifndef DAPPD_REPOS_TRANSFER_REPO_H
#define DAPPD_REPOS_TRANSFER_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"
#include "eth/transfer_log.h"
#include "repos/token_repo.h"

/* Unset parts do not restrict. */
struct transfer_filter {
    uint64_t chain_id;
    bool has_party; /* on either side; then neither from nor to is given */
    address party;
    bool has_from, has_to;
    address from, to;
    bool has_token;
    address token;
    uint64_t from_block;
    uint64_t to_block; /* inclusive; UINT64_MAX: the tip */
    bool has_since, has_until;
    uint64_t since; /* unix seconds, both inclusive */
    uint64_t until;
};

struct transfer_row {
    struct transfer_log log; /* place.timestamp is known */
    struct token_summary token;
};

struct transfer_page {
    bool has_tip;           /* false: this chain's index has nothing to serve yet; nothing else is set then */
    struct block_ref block; /* it is true at: the first page's block while it is on the chain, else the tip */
    bool token_missing;     /* the filter's token is not in the index, or not live */
    bool place_moved;       /* a reorg has replaced the block in which the page before ended */
    struct transfer_row *rows;
    size_t n_rows;
    bool more; /* there are rows behind the last */
};

/* In: after, NULL for the first page; limit, 1 to 1000. */
enum err transfer_repo_page(struct task *task, struct transfer_page *out, const struct transfer_filter *filter,
                            const struct list_place *after, size_t limit) MUST_CHECK;

/* All rows of the filter, one after the other on a session of its own, in one snapshot. In: after, NULL for all; begin
 * is called once, before the first row, with the page's head (no rows). A row lives until its call returns. */
struct transfer_sink {
    enum err (*begin)(struct task *task, void *arg, const struct transfer_page *head);
    enum err (*row)(struct task *task, void *arg, const struct transfer_row *row);
    void *arg;
};
enum err transfer_repo_export(struct task *task, const struct transfer_filter *filter, const struct list_place *after,
                              const struct transfer_sink *sink) MUST_CHECK;

/* The transfers of one transaction. Out: page->rows, in order of log index. */
enum err transfer_repo_of_tx(struct task *task, struct transfer_page *out, uint64_t chain_id,
                             const hash32 *tx) MUST_CHECK;

#endif
