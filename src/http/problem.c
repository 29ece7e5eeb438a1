/* Errors as RFC 9457 problem responses. Everything lives in the request's arena; one thread. */
#include "http/problem.h"

#include "core/log.h"

enum { DEFAULT_RETRY_AFTER_S = 1 };

struct problem_view {
    const struct err_info *info;
    const struct fault *fault;
    const char *request_id;
    int retry_after_s; /* 0: no use */
};

static void render_problem(struct json_out *out, const void *view) {
    const struct problem_view *p = view;
    json_out_object_begin(out);
    json_out_key_str(out, "type", "about:blank");
    json_out_key_str(out, "title", p->info->title);
    json_out_key_u64(out, "status", (uint64_t)p->info->status);
    json_out_key_str(out, "detail", p->fault->detail);
    json_out_key_str(out, "code", p->info->code);
    json_out_key_str(out, "request_id", p->request_id);
    if (p->retry_after_s > 0) json_out_key_u64(out, "retry_after", (uint64_t)p->retry_after_s);
    if (p->fault->revert != NULL) {
        json_out_key(out, "revert");
        json_out_raw(out, p->fault->revert, p->fault->revert_len);
    }
    json_out_object_end(out);
}

static void log_fault(const struct request *req, const struct err_info *info) {
    const struct fault *fault = &req->task.fault;
    enum log_level level = info->status >= 500 ? LOG_WARN : LOG_DEBUG;
    log_write(LOG_HTTP, level, "request failed", LOG_STR("code", info->code), LOG_STR("detail", fault->detail),
              LOG_STR("file", fault->file), LOG_I64("line", fault->line), LOG_STR("request_id", req->id));
}

/* Where waiting is the remedy, it is told for how long. */
static bool says_when(const struct err_info *info) {
    return info->status == 429 || info->status == 503;
}

void problem_from_fault(struct request *req, struct response *res) {
    const struct fault *fault = &req->task.fault;
    enum err code = fault->code != ERR_OK ? fault->code : ERR_INTERNAL;
    const struct err_info *info = err_info(code);
    log_fault(req, info);
    response_reset_body(res, info->status);
    struct problem_view view = {.info = info, .fault = fault, .request_id = req->id};
    if (says_when(info)) {
        view.retry_after_s = fault->retry_after_s > 0 ? fault->retry_after_s : DEFAULT_RETRY_AFTER_S;
        response_headerf(res, "Retry-After", "%d", view.retry_after_s);
    }
    if (info->status == 401 && response_get_header(res, "WWW-Authenticate") == NULL) {
        response_header(res, "WWW-Authenticate", "Bearer");
    }
    response_header(res, "Cache-Control", "no-store");
    response_json(res, render_problem, &view);
    res->content_type = "application/problem+json";
    response_realize(res); /* at once: the view is on this stack */
}
