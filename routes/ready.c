/* GET /ready: should requests be sent here? The request's coroutine.
 *
 * A server whose chains are not all there still answers for the others, and others' nodes are often the same: to take
 * every instance away because one chain is down would turn it into an outage of all. So one chain that answers will do,
 * and a load balancer with a pool for one chain asks about that one alone. A chain that is indexed answers when its
 * index does as well. */
#include "app.h"
#include "handlers.h"
#include "params.h"
#include "services/chain_service.h"
#include "services/indexed.h"

enum { READY_MAX_REASONS = 8 };

struct reason {
    const char *chain; /* NULL: the whole server */
    const char *code;
    const char *detail;
};

struct readiness {
    bool ready;
    struct reason reasons[READY_MAX_REASONS];
    size_t n_reasons;
};

static void render_ready(struct json_out *out, const void *view) {
    const struct readiness *readiness = view;
    json_out_object_begin(out);
    json_out_key_bool(out, "ready", readiness->ready);
    json_out_key(out, "reasons");
    json_out_array_begin(out);
    for (size_t i = 0; i < readiness->n_reasons; i++) {
        const struct reason *reason = &readiness->reasons[i];
        json_out_object_begin(out);
        if (reason->chain != NULL) json_out_key_str(out, "chain", reason->chain);
        json_out_key_str(out, "code", reason->code);
        json_out_key_str(out, "detail", reason->detail);
        json_out_object_end(out);
    }
    json_out_array_end(out);
    json_out_object_end(out);
}

static void add_reason(struct readiness *readiness, const char *chain, const char *code, const char *detail) {
    if (readiness->n_reasons == READY_MAX_REASONS) return;
    readiness->reasons[readiness->n_reasons++] = (struct reason){.chain = chain, .code = code, .detail = detail};
}

/* Chains being asked, and what came of it. */
struct check {
    struct source *sources; /* one for each chain */
    size_t n;
    uint64_t max_lag_blocks;
    struct fault *faults; /* likewise */
};

static void check_chain(struct task *task, void *arg, size_t i) {
    const struct check *check = arg;
    const struct source *source = &check->sources[i];
    enum err err = chain_service_check(task, source->chain);
    if (err == ERR_OK && check->max_lag_blocks > 0) err = indexed_check_ready(task, source, check->max_lag_blocks);
    if (err != ERR_OK) check->faults[i] = task->fault;
}

/* Returns whether one of them answers. */
static bool judge(struct readiness *readiness, const struct check *check) {
    bool any = false;
    for (size_t i = 0; i < check->n; i++) {
        const struct fault *fault = &check->faults[i];
        if (fault->code == ERR_OK) {
            any = true;
        } else {
            add_reason(readiness, chain_name(check->sources[i].chain), err_info(fault->code)->code, fault->detail);
        }
    }
    return any;
}

/* The chains that count: the one that is named, or all. */
static enum err make_check(struct request *req, struct check *check) {
    const struct app *app = req->app;
    struct slice name;
    const bool one = request_query(req, &name, "chain");
    check->n = one ? 1 : app->n_chains;
    check->max_lag_blocks = app->config->ready_max_lag_blocks;
    check->sources = arena_alloc(req->task.arena, check->n * sizeof *check->sources);
    check->faults = arena_alloc(req->task.arena, check->n * sizeof *check->faults);
    if (check->sources == NULL || check->faults == NULL) return task_fail_memory(&req->task);
    if (one) return params_source(req, &check->sources[0]);
    for (size_t i = 0; i < check->n; i++) check->sources[i] = params_source_of(app, i);
    return ERR_OK;
}

enum err route_ready(struct request *req, struct response *res) {
    struct check check;
    struct readiness *readiness = arena_alloc(req->task.arena, sizeof *readiness);
    if (readiness == NULL) return task_fail_memory(&req->task);
    enum err err = make_check(req, &check);
    if (err != ERR_OK) return err;
    const struct err_info *draining = atomic_load(&req->app->draining) ? err_info(ERR_SHUTTING_DOWN) : NULL;
    if (draining != NULL) add_reason(readiness, NULL, draining->code, draining->title);
    task_parallel(&req->task, check.n, check_chain, &check);
    readiness->ready = judge(readiness, &check) && draining == NULL;
    res->status = readiness->ready ? 200 : 503;
    if (!readiness->ready) response_header(res, "Retry-After", "1"); /* ask again soon: a check costs little */
    response_json(res, render_ready, readiness);
    return ERR_OK;
}
