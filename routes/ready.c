/* GET /ready: should requests be sent here? The request's coroutine.
 *
 * A server whose chains are not all there still answers for the others, and others' nodes are often the same: to take
 * every instance away because one chain is down would turn it into an outage of all. So one chain that answers will do,
 * and a load balancer with a pool for one chain asks about that one alone. */
#include "app.h"
#include "handlers.h"
#include "params.h"
#include "services/chain_service.h"

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
    struct chain *const *chains;
    size_t n;
    struct fault *faults; /* one for each chain */
};

static void check_chain(struct task *task, void *arg, size_t i) {
    const struct check *check = arg;
    if (chain_service_check(task, check->chains[i]) != ERR_OK) check->faults[i] = task->fault;
}

/* Returns whether one of them answers. */
static bool judge(struct readiness *readiness, const struct check *check) {
    bool any = false;
    for (size_t i = 0; i < check->n; i++) {
        const struct fault *fault = &check->faults[i];
        if (fault->code == ERR_OK) {
            any = true;
        } else {
            add_reason(readiness, chain_name(check->chains[i]), err_info(fault->code)->code, fault->detail);
        }
    }
    return any;
}

enum err route_ready(struct request *req, struct response *res) {
    const struct app *app = req->app;
    struct source named;
    struct slice name;
    struct check check = {.chains = app->chains, .n = app->n_chains};
    if (request_query(req, &name, "chain")) {
        enum err err = params_source(req, &named);
        if (err != ERR_OK) return err;
        check.chains = &named.chain;
        check.n = 1;
    }
    struct readiness *readiness = arena_alloc(req->task.arena, sizeof *readiness);
    check.faults = arena_alloc(req->task.arena, check.n * sizeof *check.faults);
    if (readiness == NULL || check.faults == NULL) {
        return task_fail(&req->task, ERR_OVERLOADED, "the request needs too much memory");
    }
    const struct err_info *draining = atomic_load(&app->draining) ? err_info(ERR_SHUTTING_DOWN) : NULL;
    if (draining != NULL) add_reason(readiness, NULL, draining->code, draining->title);
    task_parallel(&req->task, check.n, check_chain, &check);
    readiness->ready = judge(readiness, &check) && draining == NULL;
    res->status = readiness->ready ? 200 : 503;
    if (!readiness->ready) response_header(res, "Retry-After", "1"); /* ask again soon: a check costs little */
    response_json(res, render_ready, readiness);
    return ERR_OK;
}
