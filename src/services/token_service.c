/* Metadata and supply of one token. Memory is the task's arena; the task's coroutine. */
#include "services/token_service.h"

#include "pinned.h"
#include "snapshot.h"

static bool is_nothing(const struct erc20_metadata *metadata) {
    return !metadata->has_name && !metadata->has_symbol && metadata->decimals < 0;
}

static enum err read_token(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct token *token = arg;
    struct amount_read supply = {.kind = AMOUNT_TOTAL_SUPPLY, .token = token->address};
    struct metadata_read metadata = {.token = token->address};
    struct snapshot snapshot = {&supply, 1, &metadata, 1};
    snapshot_read(task, source, &snapshot, block);
    if (metadata.err != ERR_OK) {
        enum err err = task_fail(task, metadata.err, "%s", metadata.detail);
        task->fault.retry_after_s = metadata.retry_after_s;
        return err;
    }
    token->metadata = metadata.metadata;
    token->total_supply = supply.amount;
    token->has_total_supply = supply.err == ERR_OK;
    bool unanswered = supply.err == ERR_NOT_A_TOKEN || supply.err == ERR_EXECUTION_REVERTED;
    /* A token may lack totalSupply(), but what also lacks name, symbol and decimals is none; nor is one whose code has
     * gone, whatever it said of itself a while ago. */
    if (unanswered && !supply.no_code && !is_nothing(&token->metadata)) return ERR_OK;
    if (supply.err == ERR_EXECUTION_REVERTED) supply.err = ERR_NOT_A_TOKEN;
    return amount_read_check(task, &supply);
}

enum err token_service_get(struct task *task, const struct source *source, struct token *token, struct block_ref *block,
                           const struct block_spec *spec) {
    return pinned_read(task, source, block, spec, read_token, token);
}
