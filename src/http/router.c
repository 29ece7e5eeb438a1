/* Matches decoded path segments against the route table. Static data; the request's thread. */
#include "http/router.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/metrics.h"
#include "http/route.h"
#include "target.h"

static const char *const method_names[] = {
    [HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER",
};

const char *router_method_name(enum http_method method) {
    return method_names[method];
}

struct match {
    struct slice params[REQUEST_MAX_PARAMS];
    size_t n_params;
};

static bool segment_equals(struct slice segment, const char *text, size_t len) {
    return segment.len == len && memcmp(segment.p, text, len) == 0;
}

/* In: pattern "/tokens/:token/holders". */
static bool match_pattern(struct match *match, const char *pattern, const struct target *target) {
    match->n_params = 0;
    size_t i = 0;
    const char *p = pattern + 1;
    while (*p != '\0') {
        if (i == target->n_segments) return false;
        size_t len = strcspn(p, "/");
        if (*p == ':') {
            assert(match->n_params < REQUEST_MAX_PARAMS);
            match->params[match->n_params++] = target->segments[i];
        } else if (!segment_equals(target->segments[i], p, len)) {
            return false;
        }
        i++;
        p += len;
        if (*p == '/') p++;
    }
    return i == target->n_segments;
}

/* Which methods a path answers, and the route for the one asked. A literal segment beats a parameter: of two patterns
 * that match, the one with fewer parameters wins. */
struct found {
    const struct route *route;
    struct match match;
    bool allowed[HTTP_OTHER + 1];
    bool any;
};

static void find_route(struct found *found, enum http_method method, const struct target *target) {
    *found = (struct found){.route = NULL};
    for (size_t i = 0; i < routes_count; i++) {
        struct match match;
        if (!match_pattern(&match, routes[i].pattern, target)) continue;
        found->any = true;
        found->allowed[routes[i].method] = true;
        bool better = found->route == NULL || match.n_params < found->match.n_params;
        if (routes[i].method == method && better) {
            found->route = &routes[i];
            found->match = match;
        }
    }
    found->allowed[HTTP_HEAD] = found->allowed[HTTP_GET];
    found->allowed[HTTP_OPTIONS] = found->any;
}

static void set_allow(struct response *res, const struct found *found) {
    char list[64] = "";
    size_t len = 0;
    for (size_t m = 0; m < HTTP_OTHER; m++) {
        if (!found->allowed[m]) continue;
        int n = snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? ", " : "",
                         router_method_name((enum http_method)m));
        assert(n > 0 && (size_t)n < sizeof list - len);
        len += (size_t)n;
    }
    response_header(res, "Allow", list);
}

/* "arg.*" stands for all names that begin so. */
static bool is_meant(struct slice name, const char *listed, size_t len) {
    if (listed[len - 1] != '*') return segment_equals(name, listed, len);
    return name.len >= len && memcmp(name.p, listed, len - 1) == 0;
}

static bool is_listed(struct slice name, const char *list) {
    while (*list != '\0') {
        size_t len = strcspn(list, " ");
        if (is_meant(name, list, len)) return true;
        list += len;
        list += strspn(list, " ");
    }
    return false;
}

/* A misspelt ?block= must not be answered with the latest block: unknown names are errors. */
static enum err check_query(struct request *req) {
    for (size_t i = 0; i < req->n_query; i++) {
        struct slice name = req->query[i].name;
        if (!is_listed(name, req->route->query)) {
            const char *known = req->route->query[0] != '\0' ? req->route->query : "none";
            return task_fail(&req->task, ERR_INVALID_PARAMETER, "unknown query parameter \"%.*s\"; known here: %s",
                             (int)(name.len < 64 ? name.len : 64), name.p, known);
        }
        for (size_t j = 0; j < i; j++) {
            if (segment_equals(req->query[j].name, name.p, name.len)) {
                return task_fail(&req->task, ERR_INVALID_PARAMETER, "query parameter \"%.*s\" is given twice",
                                 (int)name.len, name.p);
            }
        }
    }
    return ERR_OK;
}

static enum err take_route(struct request *req, const struct found *found) {
    req->route = found->route;
    memcpy(req->params, found->match.params, sizeof req->params);
    req->n_params = found->match.n_params;
    return check_query(req);
}

static enum err find_among_routes(struct request *req, struct response *res, const struct target *target) {
    struct found found;
    find_route(&found, req->method == HTTP_HEAD ? HTTP_GET : req->method, target);
    if (!found.any) {
        return task_fail(&req->task, ERR_NOT_FOUND, "no route matches this path; GET / lists them");
    }
    if (req->method == HTTP_OPTIONS) {
        set_allow(res, &found);
        res->status = 204;
        return ERR_OK;
    }
    if (found.route == NULL) {
        set_allow(res, &found);
        return task_fail(&req->task, ERR_METHOD_NOT_ALLOWED, "%.16s is not one of the methods of this path: see Allow",
                         req->method_name);
    }
    return take_route(req, &found);
}

enum err router_find(struct request *req, struct response *res) {
    if (req->task.fault.code != ERR_OK) return req->task.fault.code;
    struct target *target = arena_alloc(req->task.arena, sizeof *target);
    if (target == NULL) return task_fail_memory(&req->task);
    enum err err = target_parse(target, req->task.arena, req->target.p, req->target.len);
    req->path = target->path;
    if (err != ERR_OK) return task_fail(&req->task, err, "%s", target->problem);
    memcpy(req->query, target->query, sizeof req->query);
    req->n_query = target->n_query;
    return find_among_routes(req, res, target);
}

void router_set_metric_labels(void) {
    const char *values[128];
    assert(routes_count < sizeof values / sizeof *values);
    for (size_t i = 0; i < routes_count; i++) values[i] = routes[i].pattern;
    values[routes_count] = "unmatched";
    metrics_set_label_values(METRIC_LABEL_ROUTE, values, routes_count + 1);
}

size_t router_metric_index(const struct request *req) {
    return req->route != NULL ? (size_t)(req->route - routes) : routes_count;
}
