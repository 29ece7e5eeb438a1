/* The innermost layer: a handler's answer, its error, and how long what it says may be kept.
 * Each request is made and freed by its test.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/answer.h"
#include "http/conditional.h"
#include "http/route.h"
#include "middleware/middleware.h"

static enum err answer_text(struct request *req, struct response *res) {
    (void)req;
    response_static(res, "text/plain", "ok", 2);
    return ERR_OK;
}

static enum err refuse(struct request *req, struct response *res) {
    response_static(res, "text/plain", "half an answer", 14);
    response_header(res, "Cache-Control", "public, max-age=5");
    response_header(res, "X-Kept", "yes");
    res->etag = "W/\"x\"";
    return task_fail(&req->task, ERR_NOT_A_TOKEN, "no token: %s", "0x1");
}

static enum err keep_five_seconds(struct request *req, struct response *res) {
    conditional_set(req, res, "state", 5, 5, false);
    return ERR_OK;
}

static enum err keep_for_ever(struct request *req, struct response *res) {
    conditional_set(req, res, "state", 5, 5, true);
    return ERR_OK;
}

static const struct route none = {HTTP_GET, "/",       answer_text,   CACHE_CLASS_NONE,
                                  "",       COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE};
static const struct route fixed = {HTTP_GET, "/",       answer_text,   CACHE_CLASS_STATIC,
                                   "",       COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE};
static const struct route refuses = {HTTP_GET, "/",       refuse,        CACHE_CLASS_STATIC,
                                     "",       COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE};
static const struct route block = {HTTP_GET, "/",       keep_five_seconds, CACHE_CLASS_BLOCK,
                                   "",       COST_LIVE, ACCESS_PUBLIC,     SCOPE_NONE};
static const struct route final = {HTTP_GET, "/",       keep_for_ever, CACHE_CLASS_BLOCK,
                                   "",       COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE};

static void run(struct answer *answer, const struct route *route, const char *target, enum principal_kind who) {
    answer_begin(answer, HTTP_GET, target);
    answer->req.route = route;
    answer->req.principal.kind = who;
    middleware_handler(&answer->req, &answer->res, NULL);
}

static void test_a_handler_s_error_leaves_nothing_of_its_answer(void **state) {
    (void)state;
    struct answer answer;
    run(&answer, &refuses, "/", PRINCIPAL_ANONYMOUS);
    assert_problem(&answer, 422, "not_a_token");
    assert_header(&answer, "X-Kept", "yes");
    assert_null(answer.res.static_body);
    answer_end(&answer);
}

static void test_cache_classes(void **state) {
    (void)state;
    static const struct {
        const struct route *route;
        const char *cache;
        bool has_etag;
    } rows[] = {
        {&none, "no-store", false},
        {&fixed, "public, max-age=3600", true},
        {&block, "public, max-age=5", true},
        {&final, "public, max-age=31536000, immutable", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        run(&answer, rows[i].route, "/", PRINCIPAL_ANONYMOUS);
        assert_header(&answer, "Cache-Control", rows[i].cache);
        assert_int_equal(answer.res.etag != NULL, rows[i].has_etag);
        answer_end(&answer);
        for (int who = PRINCIPAL_SESSION; who <= PRINCIPAL_KEY; who++) { /* no cache keeps what is said to them */
            run(&answer, rows[i].route, "/", (enum principal_kind)who);
            assert_header(&answer, "Cache-Control", "no-store");
            assert_int_equal(answer.res.etag != NULL, rows[i].has_etag);
            answer_end(&answer);
        }
    }
}

static void test_the_etag_depends_on_the_target(void **state) {
    (void)state;
    struct answer one, same, other;
    run(&one, &fixed, "/static", PRINCIPAL_ANONYMOUS);
    run(&same, &fixed, "/static", PRINCIPAL_KEY);
    run(&other, &fixed, "/static?a=1", PRINCIPAL_ANONYMOUS);
    assert_string_equal(one.res.etag, same.res.etag);
    assert_string_not_equal(one.res.etag, other.res.etag);
    answer_end(&one);
    answer_end(&same);
    answer_end(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_handler_s_error_leaves_nothing_of_its_answer),
        cmocka_unit_test(test_cache_classes),
        cmocka_unit_test(test_the_etag_depends_on_the_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
