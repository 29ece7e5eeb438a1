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

/* Its troubles stay its own, since the nodes can answer as well. */
static enum choice try_index(struct task *task, const struct source *source, struct indexed_balance *out) {
    struct task child = task_child(task);
    uint64_t until_ms = reactor_now_ms(task->reactor) + AUTO_WAIT_MS;
    if (until_ms < child.deadline_ms) child.deadline_ms = until_ms;
    enum err err = read_point(&child, source, out);
    if (err == ERR_OK) return judge(&out->point);
    if (err == ERR_NOT_INDEXED) return CHOICE_LIVE_NOT_INDEXED;
    log_write(LOG_INDEX, LOG_DEBUG, "the index cannot answer, the nodes are asked",
              LOG_STR("code", err_info(err)->code), LOG_STR("detail", child.fault.detail));
    out->point = (struct balance_point){0};
    return CHOICE_LIVE_UNAVAILABLE;
}

enum err indexed_balance_auto(struct task *task, const struct source *source, struct indexed_balance *out) {
    static const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref head;
    enum err err = chain_resolve(task, source->chain, &head, &latest);
    if (err != ERR_OK) return err; /* nobody knows what "at the head" means now */
    enum choice choice = try_index(task, source, out);
    metrics_add(METRIC_BALANCE_AUTO, (size_t)choice, 0, 1);
    if (choice == CHOICE_INDEXED) {
        use_point(out);
        return ERR_OK;
    }
    out->live.read = (struct amount_read){.kind = AMOUNT_TOKEN_BALANCE, .token = out->token, .owner = out->holder};
    return balance_service_get(task, source, &out->live, &out->block, &latest);
}
