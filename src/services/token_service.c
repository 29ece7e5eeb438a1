/* Metadata and supply of one token. Memory is the task's arena; the task's coroutine. */
#include "services/token_service.h"

#include "services/metadata.h"
#include "services/pinned.h"

struct token_query {
    struct token *token;
    bool is_head;
};

struct reading {
    const struct source *source;
    const struct block_ref *block;
    bool is_head;
    struct amount_read supply;
    struct metadata_read metadata;
};

static void fetch_half(struct task *task, void *arg, size_t i) {
    struct reading *reading = arg;
    if (i == 0 && reading->supply.missing) amount_fetch(task, reading->source, &reading->supply, 1, reading->block);
    if (i == 1 && reading->metadata.missing) {
        metadata_fetch(task, reading->source, &reading->metadata, 1, reading->block, reading->is_head);
    }
}

static void read_both(struct task *task, struct reading *reading) {
    size_t missing = amount_look_up(task, reading->source, &reading->supply, 1, reading->block);
    missing += metadata_look_up(task, reading->source, &reading->metadata, 1, reading->block, reading->is_head);
    if (missing > 0) task_parallel(task, 2, fetch_half, reading);
}

static bool is_nothing(const struct erc20_metadata *metadata) {
    return !metadata->has_name && !metadata->has_symbol && metadata->decimals < 0;
}

static enum err read_token(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    const struct token_query *args = arg;
    struct token *token = args->token;
    struct reading reading = {.source = source, .block = block, .is_head = args->is_head};
    reading.supply = (struct amount_read){.kind = AMOUNT_TOTAL_SUPPLY, .token = token->address};
    reading.metadata.token = token->address;
    read_both(task, &reading);
    if (reading.metadata.err != ERR_OK) {
        enum err err = task_fail(task, reading.metadata.err, "%s", reading.metadata.detail);
        task->fault.retry_after_s = reading.metadata.retry_after_s;
        return err;
    }
    token->metadata = reading.metadata.metadata;
    token->total_supply = reading.supply.amount;
    token->has_total_supply = reading.supply.err == ERR_OK;
    bool unanswered = reading.supply.err == ERR_NOT_A_TOKEN || reading.supply.err == ERR_EXECUTION_REVERTED;
    /* A token may lack totalSupply(), but what also lacks name, symbol and decimals is none. */
    if (unanswered && !is_nothing(&token->metadata)) return ERR_OK;
    if (reading.supply.err == ERR_EXECUTION_REVERTED) reading.supply.err = ERR_NOT_A_TOKEN;
    return amount_read_check(task, &reading.supply);
}

enum err token_service_get(struct task *task, const struct source *source, struct token *token, struct block_ref *block,
                           const struct block_spec *spec) {
    struct token_query args = {.token = token, .is_head = spec->kind == BLOCK_LATEST};
    return pinned_read(task, source, block, spec, read_token, &args);
}
