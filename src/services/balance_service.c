/* Amounts joined with metadata. Memory is the task's arena; the task's coroutine. */
#include "services/balance_service.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "pinned.h"
#include "snapshot.h"

struct batch {
    struct balance *balances;
    size_t n;
    struct amount_read *reads;      /* n */
    struct metadata_read *metadata; /* one for each distinct token, sorted by address */
    size_t n_metadata;
    struct erc20_metadata *native;
};

static void set_native(const struct source *source, struct erc20_metadata *out) {
    (void)snprintf(out->symbol, sizeof out->symbol, "%s", chain_native_symbol(source->chain));
    out->has_symbol = true;
    out->decimals = (int16_t)chain_native_decimals(source->chain);
}

/* Sorts and drops repetitions. Returns how many are left. */
static size_t distinct(address *tokens, size_t n) {
    size_t kept = 0;
    qsort(tokens, n, sizeof *tokens, address_compare);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !address_equal(&tokens[kept - 1], &tokens[i])) tokens[kept++] = tokens[i];
    }
    return kept;
}

static bool prepare(struct task *task, const struct source *source, struct batch *batch) {
    address *tokens = arena_alloc(task->arena, batch->n * sizeof *tokens);
    batch->reads = arena_alloc(task->arena, batch->n * sizeof *batch->reads);
    batch->native = arena_alloc(task->arena, sizeof *batch->native);
    if (tokens == NULL || batch->reads == NULL || batch->native == NULL) return false;
    set_native(source, batch->native);
    size_t m = 0;
    for (size_t i = 0; i < batch->n; i++) {
        batch->reads[i] = batch->balances[i].read;
        if (batch->reads[i].kind != AMOUNT_NATIVE_BALANCE) tokens[m++] = batch->reads[i].token;
    }
    batch->n_metadata = distinct(tokens, m);
    batch->metadata = arena_alloc(task->arena, batch->n_metadata * sizeof *batch->metadata);
    if (batch->metadata == NULL) return false;
    for (size_t i = 0; i < batch->n_metadata; i++) batch->metadata[i].token = tokens[i];
    return true;
}

static_assert(offsetof(struct metadata_read, token) == 0, "address_compare needs it first");

static void join(const struct batch *batch, struct balance *balance) {
    balance->metadata = batch->native;
    if (balance->read.kind == AMOUNT_NATIVE_BALANCE) return;
    const struct metadata_read *found =
        bsearch(&balance->read.token, batch->metadata, batch->n_metadata, sizeof *batch->metadata, address_compare);
    balance->metadata = &found->metadata;
    if (balance->read.err != ERR_OK || found->err == ERR_OK) return;
    balance->read.err = found->err;
    balance->read.retry_after_s = found->retry_after_s;
    balance->read.detail = found->detail;
}

static enum err read_batch(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct batch *batch = arg;
    if (!prepare(task, source, batch)) return task_fail_memory(task);
    struct snapshot snapshot = {batch->reads, batch->n, batch->metadata, batch->n_metadata};
    snapshot_read(task, source, &snapshot, block);
    for (size_t i = 0; i < batch->n; i++) {
        batch->balances[i].read = batch->reads[i];
        join(batch, &batch->balances[i]);
    }
    for (size_t i = 0; i < batch->n; i++) {
        const struct amount_read *read = &batch->balances[i].read;
        if (read->err == ERR_BLOCK_NOT_FOUND) return amount_read_check(task, read);
    }
    return ERR_OK;
}

enum err balance_service_get_many(struct task *task, const struct source *source, struct balance *balances, size_t n,
                                  struct block_ref *block, const struct block_spec *spec) {
    struct batch batch = {.balances = balances, .n = n};
    return pinned_read(task, source, block, spec, read_batch, &batch);
}

enum err balance_service_get(struct task *task, const struct source *source, struct balance *balance,
                             struct block_ref *block, const struct block_spec *spec) {
    enum err err = balance_service_get_many(task, source, balance, 1, block, spec);
    return err != ERR_OK ? err : amount_read_check(task, &balance->read);
}
