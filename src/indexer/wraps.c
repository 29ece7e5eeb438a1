/* WETH9 and its kin tell of wrapping by Deposit and Withdrawal alone; for other contracts events of these names mean
 * whatever they like. What tells them apart is that a wrapped coin's supply is what its contract holds. Verdicts are
 * kept in memory and, by the database, for ever: a contract is not judged one way today and another way tomorrow.
 * On the indexer's coroutine. */
#include "wraps.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "eth/erc20.h"
#include "indexer_state.h"
#include "rpc/state.h"
#include "wrap_logs.h"

enum {
    JUDGE_LIMIT_MS = 10 * 1000,
    MAX_FAILURES = 5 /* of a contract that no node can run: it must not hold everything up */
};

static_assert(offsetof(struct wrap_verdict, contract) == 0, "address_place needs it first");

/* Returns where the contract is among the verdicts, or would have to be. */
static size_t place_of(const struct wraps *wraps, const address *contract, bool *found) {
    return address_place(found, wraps->verdicts, wraps->n, sizeof *wraps->verdicts, contract);
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

/* True when a contract is to blame for a read that failed: another one of the same batch came back. */
static bool is_to_blame(struct wraps *wraps, const address *contract, const struct state_read *read) {
    if (read->outcome == RPC_REVERTED || read->outcome == RPC_OUT_OF_GAS) return true;
    if (!address_equal(&wraps->failing, contract)) wraps->failures = 0;
    wraps->failing = *contract;
    return ++wraps->failures >= MAX_FAILURES;
}

/* In: supply, of a contract that does answer; held, 32 bytes. */
static enum supply compare_amounts(const struct state_read *supply, const uint8_t *held) {
    if (supply->len < 32 || memcmp(supply->bytes, held, 32) != 0) return SUPPLY_IS_OTHER;
    u256 amount = u256_from_be(held);
    return u256_is_zero(&amount) ? SUPPLY_IS_NOTHING : SUPPLY_IS_HELD;
}

/* What a contract's totalSupply() says at a block, beside what the contract holds of the native coin. */
static enum err compare_supply(struct indexer *indexer, enum supply *out, const address *contract,
                               const struct block_ref *block) {
    struct task *task = &indexer->job.task;
    struct abi_call call;
    erc20_call_getter(&call, ERC20_TOTAL_SUPPLY);
    struct state_read reads[] = {
        {.kind = STATE_CALL, .to = *contract, .data = call.data, .data_len = call.len},
        {.kind = STATE_BALANCE, .to = *contract},
    };
    const struct state_read *supply = &reads[0], *held = &reads[1];
    *out = SUPPLY_IS_OTHER;
    state_read_many(task, indexer->chain, block, reads, 2);
    if (held->outcome == RPC_STATE_MISSING || supply->outcome == RPC_STATE_MISSING) {
        *out = SUPPLY_IS_GONE;
    } else if (held->err != ERR_OK) {
        return task_fail(task, held->err, "%s", held->detail);
    } else if (supply->err == ERR_OK) {
        *out = compare_amounts(supply, held->bytes);
    } else if (!is_to_blame(&indexer->wraps, contract, supply)) {
        return task_fail(task, supply->err, "%s", supply->detail);
    }
    return ERR_OK;
}

/* At the head, whose state every node has. Where nothing is wrapped any more, or has never been, at the log's block. */
static enum err judge(struct indexer *indexer, bool *is_wrap, const struct transfer_log *log) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    const struct block_spec then = {.kind = BLOCK_HASH, .hash = log->place.block_hash};
    struct task *task = &indexer->job.task;
    struct block_ref block;
    enum supply supply = SUPPLY_IS_OTHER;
    job_limit(&indexer->job, JUDGE_LIMIT_MS);
    enum err err = chain_resolve(task, indexer->chain, &block, &latest);
    if (err == ERR_OK) err = compare_supply(indexer, &supply, &log->token, &block);
    *is_wrap = supply == SUPPLY_IS_HELD;
    if (err != ERR_OK || supply != SUPPLY_IS_NOTHING) return err;
    err = chain_resolve(task, indexer->chain, &block, &then);
    if (err == ERR_OK) err = compare_supply(indexer, &supply, &log->token, &block);
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
