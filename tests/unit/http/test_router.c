/* The router with a route table of its own: which route is found, what its handler gets, and how all else fails.
 * Each request is made and freed by its test.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/metrics.h"
#include "http/answer.h"
#include "http/problem.h"
#include "http/route.h"
#include "http/router.h"

/* Which route ran last, or -1, and the parameters it got. */
static int ran;
static char ran_with[256];

static enum err note(struct request *req, struct response *res) {
    size_t len = 0;
    ran = (int)(req->route - routes);
    ran_with[0] = '\0';
    for (size_t i = 0; i < req->n_params; i++) {
        const struct slice *param = &req->params[i];
        len += (size_t)snprintf(ran_with + len, sizeof ran_with - len, "[%.*s]", (int)param->len, param->p);
    }
    response_static(res, "text/plain", "ok", 2);
    return ERR_OK;
}

enum {
    ROOT,
    TOKEN,
    TOKEN_LIST,
    TOKEN_POST,
    TOKEN_HOLDERS,
    LIST_HOLDERS,
    PAIR,
    EIGHT,
    PUT_ONLY,
    DELETE_ONLY,
    PATCH_ONLY
};

/* Literals before and behind parameters, so that an order that matters would show. */
const struct route routes[] = {
    [ROOT] = {HTTP_GET, "/", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
    [TOKEN] = {HTTP_GET, "/tokens/:token", note, CACHE_CLASS_NONE, "block chain", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
    [TOKEN_LIST] = {HTTP_GET, "/tokens/list", note, CACHE_CLASS_NONE, "arg.* limit", COST_LIVE, ACCESS_PUBLIC,
                    SCOPE_NONE},
    [TOKEN_POST] = {HTTP_POST, "/tokens/:token", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
    [TOKEN_HOLDERS] = {HTTP_GET, "/tokens/:token/holders", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC,
                       SCOPE_NONE},
    [LIST_HOLDERS] = {HTTP_GET, "/tokens/list/:what", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
    [PAIR] = {HTTP_GET, "/:first/pair/:second", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
    [EIGHT] = {HTTP_GET, "/eight/:1/:2/:3/:4/:5/:6/:7/:8", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC,
               SCOPE_NONE},
    [PUT_ONLY] = {HTTP_PUT, "/put", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
    [DELETE_ONLY] = {HTTP_DELETE, "/delete", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
    [PATCH_ONLY] = {HTTP_PATCH, "/delete", note, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
};
const size_t routes_count = sizeof routes / sizeof *routes;

/* As the layers around the router do. */
static void find(struct answer *answer) {
    struct request *req = &answer->req;
    if (router_find(req, &answer->res) != ERR_OK) {
        problem_from_fault(req, &answer->res);
    } else if (req->route != NULL) {
        assert_int_equal(req->route->handler(req, &answer->res), ERR_OK);
    }
}

static void dispatch(struct answer *answer, enum http_method method, const char *target) {
    ran = -1;
    ran_with[0] = '\0';
    answer_begin(answer, method, target);
    find(answer);
}

static void test_the_right_route_runs(void **state) {
    (void)state;
    static const struct {
        const char *target;
        int route;
        const char *params;
    } rows[] = {
        {"/", ROOT, ""},
        {"/tokens/0x1", TOKEN, "[0x1]"},
        {"/tokens/list", TOKEN_LIST, ""},
        {"/tokens/%6cist", TOKEN_LIST, ""}, /* decoded before it is compared */
        {"/tokens/lis", TOKEN, "[lis]"},
        {"/tokens/lists", TOKEN, "[lists]"},
        {"/tokens/LIST", TOKEN, "[LIST]"},
        {"/tokens/:token", TOKEN, "[:token]"},
        {"/tokens/a%2fb", TOKEN, "[a/b]"}, /* one segment */
        {"/tokens/a%20b+c", TOKEN, "[a b+c]"},
        {"/tokens/0x1?block=5&chain=1", TOKEN, "[0x1]"},
        {"/tokens/0x1/holders", TOKEN_HOLDERS, "[0x1]"},
        {"/x/pair/y", PAIR, "[x][y]"},
        {"/pair/pair/pair", PAIR, "[pair][pair]"},
        {"/eight/a/b/c/d/e/f/g/h", EIGHT, "[a][b][c][d][e][f][g][h]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        dispatch(&answer, HTTP_GET, rows[i].target);
        if (ran != rows[i].route) fail_msg("%s: route %d", rows[i].target, ran);
        assert_string_equal(ran_with, rows[i].params);
        assert_int_equal(answer.res.status, 200);
        assert_int_equal(router_metric_index(&answer.req), rows[i].route);
        assert_int_equal(answer.req.path.len, strcspn(rows[i].target, "?"));
        answer_end(&answer);
    }
}

static void test_the_method_counts(void **state) {
    (void)state;
    static const struct {
        enum http_method method;
        const char *target;
        int route;
    } rows[] = {
        {HTTP_POST, "/tokens/0x1", TOKEN_POST},
        {HTTP_HEAD, "/tokens/0x1", TOKEN},
        {HTTP_HEAD, "/", ROOT},
        {HTTP_POST, "/tokens/list", TOKEN_POST}, /* the literal has no POST */
        {HTTP_PUT, "/put", PUT_ONLY},
        {HTTP_PATCH, "/delete", PATCH_ONLY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        dispatch(&answer, rows[i].method, rows[i].target);
        assert_int_equal(ran, rows[i].route);
        assert_int_equal(answer.req.method, rows[i].method); /* HEAD stays HEAD for those outside */
        answer_end(&answer);
    }
}

static void test_what_no_route_matches(void **state) {
    (void)state;
    static const char *const targets[] = {
        "/nothing",  "/tokens",     "/token/0x1",       "/tokens/a/holder",     "/tokens/a/holders/b",
        "/TOKENS/a", "/tokens%2fa", "/a/pairs/b",       "/eight/a/b/c/d/e/f/g", "/eight/a/b/c/d/e/f/g/h/i",
        "/tokens/",  "//",          "/tokens//holders",
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        for (int m = HTTP_GET; m <= HTTP_OTHER; m++) { /* OPTIONS, too: there is nothing to be allowed */
            struct answer answer;
            dispatch(&answer, (enum http_method)m, targets[i]);
            assert_int_equal(ran, -1);
            assert_problem(&answer, 404, "not_found");
            assert_header(&answer, "Allow", NULL);
            assert_null(answer.req.route);
            assert_int_equal(router_metric_index(&answer.req), routes_count);
            answer_end(&answer);
        }
    }
}

static const struct {
    const char *target, *allow;
} allowed[] = {
    {"/", "GET, HEAD, OPTIONS"},
    {"/tokens/0x1", "GET, HEAD, POST, OPTIONS"},
    {"/tokens/list", "GET, HEAD, POST, OPTIONS"},
    {"/put", "PUT, OPTIONS"},
    {"/delete", "PATCH, DELETE, OPTIONS"},
};

static void test_options_says_what_is_allowed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        struct answer answer;
        dispatch(&answer, HTTP_OPTIONS, allowed[i].target);
        size_t len;
        assert_int_equal(answer.res.status, 204);
        assert_header(&answer, "Allow", allowed[i].allow);
        response_realize(&answer.res);
        (void)response_body(&answer.res, &len);
        assert_int_equal(len, 0);
        assert_int_equal(ran, -1);
        answer_end(&answer);
    }
}

static bool is_allowed(const char *allow, enum http_method method) {
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"};
    const char *at = strstr(allow, names[method]);
    return at != NULL && (at == allow || at[-1] == ' ');
}

static void test_other_methods_are_405_with_allow(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        for (int m = HTTP_GET; m <= HTTP_OTHER; m++) {
            if (is_allowed(allowed[i].allow, (enum http_method)m)) continue;
            struct answer answer;
            dispatch(&answer, (enum http_method)m, allowed[i].target);
            assert_problem(&answer, 405, "method_not_allowed");
            assert_header(&answer, "Allow", allowed[i].allow);
            assert_int_equal(ran, -1);
            answer_end(&answer);
        }
    }
}

static void test_query_arguments(void **state) {
    (void)state;
    static const struct {
        const char *target;
        bool good;
    } rows[] = {
        {"/tokens/a?block=", true},
        {"/tokens/a?block", true},
        {"/tokens/a?chain=x&block=y", true},
        {"/tokens/a?%62lock=1", true},
        {"/tokens/a?", true},
        {"/tokens/a?&&", true},
        {"/tokens/list?limit=1", true},
        {"/tokens/a?limit=1", false}, /* another route's */
        {"/tokens/list?block=1", false},
        {"/tokens/list?arg.a=1&arg.b=2&limit=3", true},
        {"/tokens/list?arg.=1", false},
        {"/tokens/list?arg=1", false},
        {"/tokens/list?arg.a=1&arg.a=2", false},
        {"/tokens/a?bloc=1", false},
        {"/tokens/a?blocks=1", false},
        {"/tokens/a?Block=1", false},
        {"/tokens/a?chai=1", false},
        {"/tokens/a?block+chain=1", false}, /* the list is not one name */
        {"/tokens/a?=1", false},
        {"/tokens/a?%20=1", false},
        {"/?a=1", false},
        {"/?=", false},
        {"/tokens/a?block=1&block=1", false}, /* which one? */
        {"/tokens/a?block=1&chain=1&block=2", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        dispatch(&answer, HTTP_GET, rows[i].target);
        if ((ran >= 0) != rows[i].good) fail_msg("%s", rows[i].target);
        if (!rows[i].good) assert_problem(&answer, 400, "invalid_parameter");
        answer_end(&answer);
    }
}

static void test_the_problem_names_the_argument(void **state) {
    (void)state;
    static const struct {
        const char *target, *named;
    } rows[] = {
        {"/tokens/a?blcok=1", "\"blcok\"; known here: block chain"},
        {"/?x=1", "\"x\"; known here: none"},
        {"/tokens/a?chain=1&chain=2", "\"chain\" is given twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        dispatch(&answer, HTTP_GET, rows[i].target);
        assert_non_null(strstr(answer.req.task.fault.detail, rows[i].named));
        answer_end(&answer);
    }
}

static void test_handlers_look_arguments_up(void **state) {
    (void)state;
    struct answer answer;
    struct slice value = {NULL, 99};
    dispatch(&answer, HTTP_GET, "/tokens/a?chain=&block=a+b%26");
    assert_true(request_query(&answer.req, &value, "block"));
    assert_int_equal(value.len, 4);
    assert_memory_equal(value.p, "a b&", 4);
    assert_true(request_query(&answer.req, &value, "chain"));
    assert_int_equal(value.len, 0);
    assert_false(request_query(&answer.req, &value, "bloc"));
    assert_false(request_query(&answer.req, &value, ""));
    answer_end(&answer);
}

static void test_a_broken_target_is_a_problem(void **state) {
    (void)state;
    static const struct {
        const char *target;
        int status;
        const char *code;
    } rows[] = {
        {"/%zz", 400, "bad_request"},
        {"*", 400, "bad_request"},
        {"", 400, "bad_request"},
        {"/tokens/a?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", 400, "invalid_parameter"},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", 404, "not_found"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        dispatch(&answer, HTTP_GET, rows[i].target);
        assert_problem(&answer, rows[i].status, rows[i].code);
        answer_end(&answer);
    }
}

static void test_a_fault_from_before_is_answered_as_it_is(void **state) {
    (void)state;
    struct answer answer;
    ran = -1;
    answer_begin(&answer, HTTP_GET, "/");
    (void)task_fail(&answer.req.task, ERR_BODY_TOO_LARGE, "too large");
    find(&answer);
    assert_problem(&answer, 413, "body_too_large");
    assert_int_equal(ran, -1);
    answer_end(&answer);
}

static void test_without_memory_it_is_overloaded(void **state) {
    (void)state;
    struct answer answer;
    ran = -1;
    answer_begin_in(&answer, HTTP_GET, "/tokens/list", 100);
    find(&answer);
    assert_int_equal(ran, -1);
    assert_int_equal(answer.res.status, 503);
    json_t *json = answer_json(&answer);
    assert_string_equal(json_string_value(json_object_get(json, "code")), "overloaded");
    json_decref(json);
    answer_end(&answer);
}

static void test_metric_labels_are_the_patterns(void **state) {
    (void)state;
    struct buf out;
    router_set_metric_labels();
    metrics_start(1);
    for (size_t i = 0; i <= routes_count; i++) metrics_observe_us(METRIC_HTTP_DURATION, i, 1000);
    buf_init(&out, 1024 * 1024);
    metrics_render(&out);
    buf_append_char(&out, '\0');
    assert_non_null(strstr(out.data, "_count{route=\"/tokens/:token\"} 1\n"));
    assert_non_null(strstr(out.data, "_count{route=\"/put\"} 1\n"));
    assert_non_null(strstr(out.data, "_count{route=\"unmatched\"} 1\n"));
    buf_free(&out);
    metrics_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_right_route_runs),
        cmocka_unit_test(test_the_method_counts),
        cmocka_unit_test(test_what_no_route_matches),
        cmocka_unit_test(test_options_says_what_is_allowed),
        cmocka_unit_test(test_other_methods_are_405_with_allow),
        cmocka_unit_test(test_query_arguments),
        cmocka_unit_test(test_the_problem_names_the_argument),
        cmocka_unit_test(test_handlers_look_arguments_up),
        cmocka_unit_test(test_a_broken_target_is_a_problem),
        cmocka_unit_test(test_a_fault_from_before_is_answered_as_it_is),
        cmocka_unit_test(test_without_memory_it_is_overloaded),
        cmocka_unit_test(test_metric_labels_are_the_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
