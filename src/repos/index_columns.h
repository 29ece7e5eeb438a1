/* What statements on the index have in common: how a list of it goes on, the columns, and how rows are read: the tip
 * first, then what it is about. Plain values, borrowed from the rows; the task's coroutine. */
#ifndef DAPPD_REPOS_INDEX_COLUMNS_H
#define DAPPD_REPOS_INDEX_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "eth/block.h"
#include "eth/transfer_log.h"
#include "repos/pg.h"
#include "repos/token_repo.h"

/* Of `chains c`. Every statement selects the chain's row first and joins the rest to it from the left, so that there is
 * a row, with the tip of the same snapshot, whatever else is found. */
#define TIP_COLUMNS "c.tip_number, c.tip_hash, c.tip_timestamp"
enum { TIP_N_COLUMNS = 3 };

/* False while the chain $1 has a tip for the events of contracts alone: of transfers there is nothing to be served. */
#define SERVES_TRANSFERS \
    "(EXISTS (SELECT FROM streams v WHERE v.chain_id = $1 AND v.kind = 0 AND v.live)" \
    " OR NOT EXISTS (SELECT FROM streams v WHERE v.chain_id = $1 AND v.kind = 1 AND v.live))"
#define TRANSFERS_TIP_COLUMNS "CASE WHEN " SERVES_TRANSFERS " THEN c.tip_number END, c.tip_hash, c.tip_timestamp"

/* Of `tokens t`. */
#define TOKEN_COLUMNS "t.id, t.address, t.name, t.symbol, t.decimals, t.live, t.checked_block, t.drift"
enum { TOKEN_N_COLUMNS = 8 };

/* Where a list of logs goes on; after NULL: where it begins. Adds five parameters: block, log index, block hash, and
 * the first page's block. */
void index_param_place(struct pg_params *params, const struct list_place *after, bool newest_first);

/* A read of the index. In: takes_long, it may walk through many rows: then it holds up nobody else's. */
enum err index_read(struct task *task, struct pg_rows *rows, const struct pg_statement *statement,
                    const struct pg_params *params, bool takes_long) MUST_CHECK;

/* Returns false when the chain has no tip. */
bool index_read_tip(struct block_ref *out, struct pg_rows *rows);

/* Returns false when nothing was joined. In: column, that of t.id. */
bool index_read_token(struct token_summary *out, struct pg_rows *rows, size_t row, int column);

/* How many rows were joined to the chain's. In: column, one of theirs that is never null. */
size_t index_count_rows(const struct pg_rows *rows, int column);

#endif
