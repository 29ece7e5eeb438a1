/* Tokens by address, in a sorted array. Memory is the task's arena; the task's coroutine. */
#include "transfer_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "pinned.h"
#include "snapshot.h"

static int compare(const void *a, const void *b) {
    const struct token_summary *x = a, *y = b;
    return memcmp(x->address.bytes, y->address.bytes, sizeof x->address.bytes);
}

enum err transfer_tokens_collect(struct task *task, struct transfer_tokens *out, const struct logs *logs) {
    struct token_summary *tokens = arena_alloc(task->arena, logs->n_transfers * sizeof *tokens);
    *out = (struct transfer_tokens){.tokens = tokens};
    if (tokens == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < logs->n_transfers; i++) {
        tokens[i] = (struct token_summary){.address = logs->transfers[i].token, .decimals = -1};
    }
    qsort(tokens, logs->n_transfers, sizeof *tokens, compare);
    for (size_t i = 0; i < logs->n_transfers; i++) {
        if (out->n == 0 || compare(&tokens[out->n - 1], &tokens[i]) != 0) tokens[out->n++] = tokens[i];
    }
    return ERR_OK;
}

static struct token_summary *find(const struct transfer_tokens *tokens, const address *token) {
    const struct token_summary wanted = {.address = *token};
    return bsearch(&wanted, tokens->tokens, tokens->n, sizeof *tokens->tokens, compare);
}

const struct token_summary *transfer_tokens_find(const struct transfer_tokens *tokens, const address *token) {
    return find(tokens, token);
}

enum err transfer_tokens_look_up(struct task *task, struct transfer_tokens *tokens, uint64_t id) {
    struct token_page page;
    if (tokens->n == 0) return ERR_OK;
    address *addresses = arena_alloc(task->arena, tokens->n * sizeof *addresses);
    if (addresses == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < tokens->n; i++) addresses[i] = tokens->tokens[i].address;
    enum err err = token_repo_find(task, &page, id, addresses, tokens->n);
    if (err != ERR_OK) return err;
    for (size_t i = 0; i < page.n_tokens; i++) *find(tokens, &page.tokens[i].address) = page.tokens[i];
    return ERR_OK;
}

static bool is_unknown(const struct token_summary *token) {
    return token->symbol == NULL && token->decimals < 0;
}

/* What pinned_read hands on: reads of tokens, all at one block. */
static enum err read_metadata(struct task *task, const struct source *source, void *arg,
                              const struct block_ref *block) {
    struct snapshot *snapshot = arg;
    snapshot_read(task, source, snapshot, block);
    for (size_t i = 0; i < snapshot->n_tokens; i++) {
        const struct metadata_read *read = &snapshot->tokens[i];
        if (read->err == ERR_OK) continue;
        enum err err = task_fail(task, read->err, "%s", read->detail);
        task->fault.retry_after_s = read->retry_after_s;
        return err;
    }
    return ERR_OK;
}

static void take_metadata(struct transfer_tokens *tokens, const struct metadata_read *read) {
    struct token_summary *token = find(tokens, &read->token);
    const struct erc20_metadata *said = &read->metadata;
    token->name = said->has_name ? said->name : NULL;
    token->symbol = said->has_symbol ? said->symbol : NULL;
    token->decimals = said->decimals;
}

enum err transfer_tokens_ask(struct task *task, const struct source *source, struct transfer_tokens *tokens,
                             const struct block_ref *mined) {
    const struct block_spec own = {.kind = BLOCK_HASH, .hash = mined->hash};
    static const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct snapshot snapshot = {0};
    struct block_ref block;
    for (size_t i = 0; i < tokens->n; i++) snapshot.n_tokens += is_unknown(&tokens->tokens[i]);
    if (snapshot.n_tokens == 0) return ERR_OK;
    snapshot.tokens = arena_alloc(task->arena, snapshot.n_tokens * sizeof *snapshot.tokens);
    if (snapshot.tokens == NULL) return task_fail_memory(task);
    struct metadata_read *read = snapshot.tokens;
    for (size_t i = 0; i < tokens->n; i++) {
        if (is_unknown(&tokens->tokens[i])) (read++)->token = tokens->tokens[i].address;
    }
    enum err err = pinned_read(task, source, &block, &latest, read_metadata, &snapshot);
    if (err == ERR_OK && block.number < mined->number) { /* before it there may have been no such token */
        err = pinned_read(task, source, &block, &own, read_metadata, &snapshot);
    }
    for (size_t i = 0; err == ERR_OK && i < snapshot.n_tokens; i++) take_metadata(tokens, &snapshot.tokens[i]);
    return err;
}
