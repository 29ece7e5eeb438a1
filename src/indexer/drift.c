/* Samples of balances against balanceOf, and verdicts on their tokens. Memory is the task's arena.
 * Owns nothing.
 * On the indexer's coroutine. */
#include "drift.h"

#include "core/log.h"
#include "core/metrics.h"
#include "eth/erc20.h"
#include "tip_reads.h"

enum { TOKENS = 8 /* in one round */, PER_TOKEN = 16, SAMPLES = TOKENS * PER_TOKEN };

struct round {
    struct block_ref tip;
    struct index_sample samples[SAMPLES]; /* those of a token stand together */
    size_t n;
    struct abi_call calls[SAMPLES];
    struct state_read reads[SAMPLES]; /* one for each sample that has a holder */
    size_t n_reads;
    const struct state_read *answers[SAMPLES]; /* of each sample; NULL: there was nothing to ask */
};

/* From what proves the most to what only makes suspicious; and not knowing is worth less than any of these. */
enum verdict { IN_ORDER, UNKNOWN, ODD_LOGS, NEGATIVE_BALANCE, BALANCE_MISMATCH, VERDICT_COUNT };

static const char *const names[VERDICT_COUNT] = {
    [ODD_LOGS] = "odd_logs", [NEGATIVE_BALANCE] = "negative_balance", [BALANCE_MISMATCH] = "balance_mismatch"};

static void ask(struct task *task, struct chain *chain, struct round *round, size_t label) {
    for (size_t i = 0; i < round->n; i++) {
        const struct index_sample *sample = &round->samples[i];
        if (!sample->has_holder) continue;
        struct abi_call *call = &round->calls[round->n_reads];
        struct state_read *read = &round->reads[round->n_reads++];
        erc20_call_balance_of(call, &sample->holder);
        *read = (struct state_read){.kind = STATE_CALL, .to = sample->token, .data = call->data, .data_len = call->len};
        round->answers[i] = read;
    }
    tip_read_many(task, chain, &round->tip, round->reads, round->n_reads);
    metrics_add(METRIC_INDEX_CHECKS, label, 0, (int64_t)round->n_reads);
}

/* A contract that has no balance to tell, or none at all any more, does not have the one that is indexed. */
static enum verdict judge_sample(const struct index_sample *sample, const struct state_read *answer) {
    u256 live;
    if (answer == NULL) return IN_ORDER;
    if (sample->negative) return NEGATIVE_BALANCE;
    if (!tip_read_is_answer(answer)) return UNKNOWN;
    if (sample->too_wide || answer->err != ERR_OK) return BALANCE_MISMATCH;
    if (abi_decode_u256(&live, answer->bytes, answer->len) != ERR_OK) return BALANCE_MISMATCH;
    return u256_cmp(&live, &sample->amount) == 0 ? IN_ORDER : BALANCE_MISMATCH;
}

/* Of the token whose samples begin here. Out: end, where the next token's begin; holder, in whose balance it was found,
 * or NULL. */
static enum verdict judge_token(const struct round *round, size_t begin, size_t *end, const address **holder) {
    *holder = NULL;
    enum verdict worst = round->samples[begin].odd_logs ? ODD_LOGS : IN_ORDER;
    for (*end = begin; *end < round->n && round->samples[*end].token_id == round->samples[begin].token_id; (*end)++) {
        enum verdict verdict = judge_sample(&round->samples[*end], round->answers[*end]);
        if (verdict <= worst) continue;
        worst = verdict;
        *holder = &round->samples[*end].holder;
    }
    return worst;
}

static void tell(const struct index_sample *sample, enum verdict verdict, struct chain *chain) {
    char token[ADDRESS_TEXT_BYTES];
    bool drifts = names[verdict] != NULL;
    if (drifts == sample->drifts) return;
    log_write(LOG_INDEX, LOG_WARN,
              drifts ? "a token's transfers do not add up to its balances" : "a token's balances are in order again",
              LOG_STR("chain", chain_name(chain)), LOG_STR("token", address_format(token, &sample->token)),
              LOG_STR("reason", names[verdict]));
}

static enum err judge(struct task *task, struct chain *chain, struct index_writer *writer, const struct round *round,
                      bool *more) {
    enum err err = ERR_OK;
    for (size_t at = 0, end; err == ERR_OK && at < round->n; at = end) {
        const struct index_sample *sample = &round->samples[at];
        const address *holder;
        enum verdict verdict = judge_token(round, at, &end, &holder);
        if (verdict == UNKNOWN) continue;
        tell(sample, verdict, chain);
        err = index_writer_checked(task, writer, sample->token_id, names[verdict], holder, round->tip.number);
        if (!sample->is_checked) *more = true;
    }
    return err;
}

enum err drift_check(struct task *task, struct chain *chain, struct index_writer *writer, size_t label, bool *more) {
    struct round *round = arena_alloc(task->arena, sizeof *round);
    uint64_t drifting;
    *more = false;
    if (round == NULL) return task_fail(task, ERR_OVERLOADED, "no memory to check balances");
    enum err err = index_writer_samples(task, writer, &round->tip, round->samples, &round->n, TOKENS, PER_TOKEN);
    if (err != ERR_OK || round->n == 0) return err;
    ask(task, chain, round, label);
    err = judge(task, chain, writer, round, more);
    if (err == ERR_OK) err = index_writer_drifted(task, writer, &drifting);
    if (err == ERR_OK) metrics_set(METRIC_INDEX_DRIFTING, label, 0, (int64_t)drifting);
    return err;
}
