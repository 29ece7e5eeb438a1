/* WETH9 and its kin tell of wrapping by Deposit and Withdrawal alone; for other contracts events of these names mean
 * whatever they like. What tells them apart is that a wrapped coin's supply is what its contract holds. Verdicts are
 * kept in memory and, by the database, for ever: a contract is not judged one way today and another way tomorrow.
 * On the indexer's coroutine. */
#include "wraps.h"

#include <stdlib.h>
#include <string.h>

#include "eth/erc20.h"
#include "indexer_state.h"
#include "rpc/state.h"
#include "wrap_logs.h"

/* Returns where the contract is among the verdicts, or would have to be. */
static size_t place_of(const struct wraps *wraps, const address *contract, bool *found) {
    size_t low = 0, high = wraps->n;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(wraps->verdicts[middle].contract.bytes, contract->bytes, sizeof contract->bytes);
        if (order == 0) *found = true;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void keep_verdict(struct wraps *wraps, const address *contract, bool is_wrap) {
    bool found;
    size_t at = place_of(wraps, contract, &found);
    if (wraps->n == wraps->cap) {
        wraps->cap = wraps->cap == 0 ? 64 : 2 * wraps->cap;
        wraps->verdicts = reallocarray(wraps->verdicts, wraps->cap, sizeof *wraps->verdicts);
        if (wraps->verdicts == NULL) abort();
    }
    memmove(wraps->verdicts + at + 1, wraps->verdicts + at, (wraps->n - at) * sizeof *wraps->verdicts);
    wraps->verdicts[at] = (struct wrap_verdict){.contract = *contract, .wraps = is_wrap};
    wraps->n++;
}

void wraps_free(struct wraps *wraps) {
    free(wraps->verdicts);
    *wraps = (struct wraps){.n = 0};
}

enum supply { SUPPLY_IS_HELD, SUPPLY_IS_NOTHING /* and so is what it holds */, SUPPLY_IS_OTHER, SUPPLY_IS_GONE };

/* What a contract's totalSupply() says at a block, beside what the contract holds of the native coin. */
static enum err compare_supply(struct task *task, struct chain *chain, enum supply *out, const address *contract,
                               const struct block_ref *block) {
    struct abi_call supply;
    erc20_call_getter(&supply, ERC20_TOTAL_SUPPLY);
    struct state_read reads[] = {
        {.kind = STATE_CALL, .to = *contract, .data = supply.data, .data_len = supply.len},
        {.kind = STATE_BALANCE, .to = *contract},
    };
    state_read_many(task, chain, block, reads, 2);
    *out = SUPPLY_IS_OTHER;
    for (size_t i = 0; i < 2; i++) {
        if (reads[i].outcome == RPC_STATE_MISSING) *out = SUPPLY_IS_GONE;
        if (reads[i].outcome == RPC_STATE_MISSING || reads[i].outcome == RPC_REVERTED) return ERR_OK;
        if (reads[i].err != ERR_OK) return task_fail(task, reads[i].err, "%s", reads[i].detail);
    }
    if (reads[0].len < 32 || memcmp(reads[0].bytes, reads[1].bytes, 32) != 0) return ERR_OK;
    u256 held = u256_from_be(reads[1].bytes);
    *out = u256_is_zero(&held) ? SUPPLY_IS_NOTHING : SUPPLY_IS_HELD;
    return ERR_OK;
}

/* At the head, whose state every node has. Where nothing is wrapped any more, or has never been, at the log's block. */
static enum err judge(struct indexer *indexer, bool *is_wrap, const struct transfer_log *log) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    const struct block_ref then = {.number = log->place.block_number, .hash = log->place.block_hash};
    struct task *task = &indexer->job.task;
    struct block_ref head;
    enum supply supply = SUPPLY_IS_OTHER;
    job_limit(&indexer->job, NODE_LIMIT_MS);
    enum err err = chain_resolve(task, indexer->chain, &head, &latest);
    if (err == ERR_OK) err = compare_supply(task, indexer->chain, &supply, &log->token, &head);
    *is_wrap = supply == SUPPLY_IS_HELD;
    if (err != ERR_OK || supply != SUPPLY_IS_NOTHING) return err;
    err = compare_supply(task, indexer->chain, &supply, &log->token, &then);
    *is_wrap = supply == SUPPLY_IS_HELD || supply == SUPPLY_IS_NOTHING;
    return err;
}

static enum err decide(struct indexer *indexer, const struct transfer_log *log) {
    bool is_wrap = false, known = false;
    struct task *task = &indexer->job.task;
    job_limit(&indexer->job, WRITE_LIMIT_MS);
    enum err err = indexer_wrote(indexer, index_writer_get_wraps(task, indexer->writer, &log->token, &known, &is_wrap));
    if (err == ERR_OK && !known) {
        err = judge(indexer, &is_wrap, log);
        if (err != ERR_OK) return err;
        job_limit(&indexer->job, WRITE_LIMIT_MS);
        err = indexer_wrote(indexer, index_writer_set_wraps(task, indexer->writer, &log->token, is_wrap));
    }
    if (err == ERR_OK) keep_verdict(&indexer->wraps, &log->token, is_wrap);
    return err;
}

static bool counts(void *arg, const address *contract) {
    const struct wraps *wraps = arg;
    bool found;
    size_t at = place_of(wraps, contract, &found);
    return found && wraps->verdicts[at].wraps;
}

enum err wraps_sift(struct indexer *indexer, struct rows *rows) {
    rows->n_transfers = wrap_logs_drop_doubled(rows->transfers, rows->n_transfers);
    for (size_t i = 0; i < rows->n_transfers; i++) {
        bool found = true;
        const struct transfer_log *log = &rows->transfers[i];
        if (log->kind != TRANSFER_EVENT) (void)place_of(&indexer->wraps, &log->token, &found);
        enum err err = found ? ERR_OK : decide(indexer, log);
        if (err != ERR_OK) return err;
    }
    rows->n_transfers = wrap_logs_keep(rows->transfers, rows->n_transfers, counts, &indexer->wraps);
    return ERR_OK;
}
