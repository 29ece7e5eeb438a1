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
    struct tries tries;
    const char *params;
    const hash32 *hash;
    struct told told[TX_SEND_MAX_NODES];
    size_t n;
    size_t n_done; /* of them have been asked */
};

/* The fittest of those that were not asked yet, in order, up to max of all. Nobody waits for one that is known to be
 * down while another is well. Returns how many there are. */
static size_t choose(struct sending *sending, size_t max) {
    const size_t before = sending->n;
    while (sending->n < max) {
        struct choice choice = choice_best(sending->chain, &sending->tries, false, upstream_now_ms());
        if (choice.upstream == NULL || (sending->n > 0 && choice.view.fitness > UPSTREAM_WAITING)) break;
        tries_note(&sending->tries, choice.upstream);
        sending->told[sending->n++] = (struct told){.upstream = choice.upstream};
    }
    return sending->n - before;
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
    struct told *told = &sending->told[sending->n_done + i];
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

static enum tx_verdict conclude(const struct sending *sending) {
    enum tx_verdict verdict = TX_VERDICT_COUNT;
    for (size_t i = 0; i < sending->n; i++) {
        const struct told *told = &sending->told[i];
        if (told->sent && told->verdict < verdict) verdict = told->verdict;
    }
    return verdict < TX_VERDICT_COUNT ? verdict : TX_UNCERTAIN;
}

/* To as many as to make max of all. */
static enum tx_verdict send_to(struct task *task, struct sending *sending, size_t max) {
    const size_t n = choose(sending, max);
    if (n > 0) task_parallel(task, n, send_one, sending);
    while (sending->n_done < sending->n) log_told(sending, &sending->told[sending->n_done++]);
    return conclude(sending);
}

static unsigned count_taken(const struct sending *sending) {
    unsigned taken = 0;
    for (size_t i = 0; i < sending->n; i++) taken += sending->told[i].sent && sending->told[i].verdict == TX_TAKEN;
    return taken;
}

enum tx_verdict tx_send(struct task *task, struct chain *chain, unsigned *taken, const uint8_t *raw, size_t len,
                        const hash32 *hash, unsigned nodes) {
    struct sending sending = {.chain = chain, .hash = hash};
    char *hex = arena_alloc(task->arena, 2 * len + 3);
    *taken = 0;
    if (hex == NULL) return TX_UNCERTAIN;
    sending.params = arena_printf(task->arena, "[\"%s\"]", hex_encode(hex, raw, len));
    if (sending.params == NULL) return TX_UNCERTAIN;
    enum tx_verdict verdict = send_to(task, &sending, nodes < TX_SEND_MAX_NODES ? nodes : TX_SEND_MAX_NODES);
    if (verdict > TX_UNCERTAIN) verdict = send_to(task, &sending, TX_SEND_MAX_NODES); /* others may see it otherwise */
    *taken = count_taken(&sending);
    return verdict;
}
