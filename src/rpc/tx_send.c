/* A transaction goes to several nodes at once, because one of them may be about to lose it, and to each of them once,
 * because whoever is in doubt asks what became of it before it is sent again.
 * What is sent lives in the task's arena.
 * On the task's thread, in a coroutine. */
#include "rpc/tx_send.h"

#include "chain_state.h"
#include "choice.h"
#include "core/log.h"
#include "core/metrics.h"
#include "eth/hex.h"
#include "pool.h"
#include "verify.h"

/* What one node made of it. */
struct told {
    struct upstream *upstream;
    bool sent; /* false: it was not given the transaction */
    enum rpc_outcome outcome;
    enum tx_verdict verdict; /* of the error that came with this outcome */
};

struct sending {
    struct chain *chain;
    const char *params;
    const hash32 *hash;
    struct told told[TX_SEND_MAX_NODES];
    size_t n;
};

/* The fittest, in order. Nobody waits for one that is known to be down while another is well. */
static size_t choose(const struct chain *chain, struct told *out, size_t max) {
    struct tries tries = {.n = 0};
    size_t n = 0;
    while (n < max) {
        struct choice choice = choice_best(chain, &tries, false, upstream_now_ms());
        if (choice.upstream == NULL || (n > 0 && choice.view.fitness > UPSTREAM_WAITING)) break;
        tries_note(&tries, choice.upstream);
        out[n++].upstream = choice.upstream;
    }
    return n;
}

/* A node that has taken it says so by its hash. */
static enum rpc_outcome check_hash(struct task *task, const struct rpc_call *call, const json_t *result) {
    hash32 hash;
    (void)task;
    if (!json_is_string(result)) return RPC_NONSENSE;
    enum err err = hash32_parse(&hash, json_string_value(result), json_string_length(result));
    return err == ERR_OK && hash32_equal(&hash, call->check_arg) ? RPC_OK : RPC_NONSENSE;
}

static void note_error(const struct rpc_call *call, enum rpc_outcome outcome, int64_t code, const char *text,
                       size_t len) {
    struct told *told = call->reader->arg;
    told->outcome = outcome;
    told->verdict = tx_verdict_of(code, text, len);
}

/* Its words count only when they are what the call came to in the end. */
static enum tx_verdict judge(const struct told *told, enum rpc_outcome outcome) {
    if (outcome == RPC_OK) return TX_TAKEN;
    return outcome == told->outcome ? told->verdict : TX_UNCERTAIN;
}

static void send_one(struct task *task, void *arg, size_t i) {
    struct sending *sending = arg;
    struct told *told = &sending->told[i];
    struct rpc_reader reader = {.error = note_error, .arg = told};
    struct rpc_call call = {.method = "eth_sendRawTransaction",
                            .params = sending->params,
                            .check = check_hash,
                            .check_arg = sending->hash,
                            .reader = &reader};
    if (verify_upstream(task, sending->chain, told->upstream) != RPC_OK) return;
    told->sent = true;
    told->verdict = judge(told, pool_ask(task, sending->chain, told->upstream, &call, UPSTREAM_CALLS));
    metrics_add(METRIC_TX_SENT, told->upstream->label, told->verdict, 1);
}

static void log_told(const struct sending *sending, const struct told *told) {
    char hash[HASH32_TEXT_BYTES];
    log_write(LOG_RPC, LOG_DEBUG, "transaction sent", LOG_STR("chain", sending->chain->name),
              LOG_STR("upstream", told->upstream->name), LOG_STR("hash", hash32_format(hash, sending->hash)),
              LOG_STR("verdict", told->sent ? tx_verdict_info(told->verdict)->name : "not sent"));
}

static enum tx_verdict conclude(const struct sending *sending, unsigned *taken) {
    enum tx_verdict verdict = TX_VERDICT_COUNT;
    for (size_t i = 0; i < sending->n; i++) {
        const struct told *told = &sending->told[i];
        log_told(sending, told);
        if (!told->sent) continue;
        if (told->verdict < verdict) verdict = told->verdict;
        *taken += told->verdict == TX_TAKEN ? 1 : 0;
    }
    return verdict < TX_VERDICT_COUNT ? verdict : TX_UNCERTAIN;
}

enum tx_verdict tx_send(struct task *task, struct chain *chain, unsigned *taken, const uint8_t *raw, size_t len,
                        const hash32 *hash, unsigned nodes) {
    struct sending sending = {.chain = chain, .hash = hash};
    char *hex = arena_alloc(task->arena, 2 * len + 3);
    *taken = 0;
    if (hex == NULL) return TX_UNCERTAIN;
    sending.params = arena_printf(task->arena, "[\"%s\"]", hex_encode(hex, raw, len));
    if (sending.params == NULL) return TX_UNCERTAIN;
    sending.n = choose(chain, sending.told, nodes < TX_SEND_MAX_NODES ? nodes : TX_SEND_MAX_NODES);
    if (sending.n > 0) task_parallel(task, sending.n, send_one, &sending);
    return conclude(&sending, taken);
}
