/* Index or nodes? Memory is the task's arena.
 * The task's coroutine. */
#include "services/indexed_balance.h"

#include "core/log.h"
#include "core/metrics.h"
#include "services/chain_service.h"
#include "services/indexed.h"

/* How long the database may take to spare the nodes a question. */
enum { AUTO_WAIT_MS = 500 };

/* What an answer that was left to dappd came from, and why from the nodes. */
enum choice {
    CHOICE_INDEXED,
    CHOICE_LIVE_UNAVAILABLE, /* no database, none that answers in time, or nothing to serve yet */
    CHOICE_LIVE_NOT_INDEXED,
    CHOICE_LIVE_UNCHECKED,
    CHOICE_LIVE_DRIFT,
    CHOICE_LIVE_BEHIND,
    CHOICE_COUNT
};

void indexed_balance_set_metric_labels(void) {
    static const char *const names[CHOICE_COUNT] = {
        [CHOICE_INDEXED] = "indexed",
        [CHOICE_LIVE_UNAVAILABLE] = "live_unavailable",
        [CHOICE_LIVE_NOT_INDEXED] = "live_not_indexed",
        [CHOICE_LIVE_UNCHECKED] = "live_unchecked",
        [CHOICE_LIVE_DRIFT] = "live_drift",
        [CHOICE_LIVE_BEHIND] = "live_behind",
    };
    metrics_set_label_values(METRIC_LABEL_CHOICE, names, CHOICE_COUNT);
}

static enum err read_point(struct task *task, const struct source *source, struct indexed_balance *out) {
    struct balance_point *point = &out->point;
    uint64_t id;
    enum err err = indexed_check_holder(task, &out->holder);
    if (err == ERR_OK) err = indexed_begin(task, source, &id);
    if (err == ERR_OK) err = balance_repo_get(task, point, id, &out->token, &out->holder);
    if (err == ERR_OK) err = indexed_check_tip(task, source, point->has_tip, &point->tip);
    if (err == ERR_OK) err = indexed_check_token(task, &out->token, point->has_token ? &point->token : NULL);
    return err;
}

static void use_point(struct indexed_balance *out) {
    out->indexed = true;
    out->block = out->point.tip;
}

enum err indexed_balance_get(struct task *task, const struct source *source, struct indexed_balance *out) {
    enum err err = read_point(task, source, out);
    if (err == ERR_OK) err = indexed_check_drift(task, &out->point.token);
    if (err == ERR_OK) use_point(out);
    return err;
}

static enum choice judge(const struct balance_point *point) {
    if (point->token.drift != NULL) return CHOICE_LIVE_DRIFT;
    if (!point->token.checked) return CHOICE_LIVE_UNCHECKED;
    return point->tip.head ? CHOICE_INDEXED : CHOICE_LIVE_BEHIND;
}

/* An attempt on the index, and what came of it. */
struct attempt {
    const struct source *source;
    struct indexed_balance *balance;
    enum choice choice;
};

/* A task of its own, since its troubles are not the request's: the nodes can answer as well. */
static void try_index(struct task *child, void *arg, size_t i) {
    struct attempt *attempt = arg;
    const uint64_t until_ms = reactor_now_ms(child->reactor) + AUTO_WAIT_MS;
    (void)i;
    if (until_ms < child->deadline_ms) child->deadline_ms = until_ms;
    enum err err = read_point(child, attempt->source, attempt->balance);
    if (err == ERR_OK) {
        attempt->choice = judge(&attempt->balance->point);
    } else if (err == ERR_NOT_INDEXED) {
        attempt->choice = CHOICE_LIVE_NOT_INDEXED;
    } else {
        attempt->choice = CHOICE_LIVE_UNAVAILABLE;
        attempt->balance->point = (struct balance_point){0};
        log_write(LOG_INDEX, LOG_DEBUG, "the index cannot answer, the nodes are asked",
                  LOG_STR("code", err_info(err)->code), LOG_STR("detail", child->fault.detail));
    }
}

enum err indexed_balance_auto(struct task *task, const struct source *source, struct indexed_balance *out) {
    static const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref head;
    enum err err = chain_resolve(task, source->chain, &head, &latest);
    if (err != ERR_OK) return err; /* nobody knows what "at the head" means now */
    struct attempt attempt = {.source = source, .balance = out};
    task_parallel(task, 1, try_index, &attempt);
    metrics_add(METRIC_BALANCE_AUTO, (size_t)attempt.choice, 0, 1);
    if (attempt.choice == CHOICE_INDEXED) {
        use_point(out);
        return ERR_OK;
    }
    out->live.read = (struct amount_read){.kind = AMOUNT_TOKEN_BALANCE, .token = out->token, .owner = out->holder};
    return balance_service_get(task, source, &out->live, &out->block, &latest);
}
