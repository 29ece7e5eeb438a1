/* The layer that finds the route: what still answers when there is no room for requests that wait, and what goes no
 * further in.
 * Owns an answer for each request.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/answer.h"
#include "http/route.h"
#include "middleware/middleware.h"

static enum err answer_nothing(struct request *req, struct response *res) {
    (void)req;
    (void)res;
    return ERR_OK;
}

const struct route routes[] = {
    {HTTP_GET, "/local", answer_nothing, CACHE_CLASS_NONE, "", COST_CACHED, ACCESS_PUBLIC, SCOPE_NONE},
    {HTTP_GET, "/nodes", answer_nothing, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
};
const size_t routes_count = sizeof routes / sizeof *routes;

static unsigned n_inside;

static void count(struct request *req, struct response *res, const struct middleware_next *next) {
    (void)req;
    (void)res;
    (void)next;
    n_inside++;
}

static const struct middleware_next chain[] = {{middleware_route}, {count}};

/* In: inside, whether it reaches the layers within. */
static void assert_status(enum http_method method, const char *target, bool may_not_wait, int status, bool inside) {
    struct answer answer;
    n_inside = 0;
    answer_begin(&answer, method, target);
    answer.req.may_not_wait = may_not_wait;
    middleware_next(&answer.req, &answer.res, chain);
    assert_int_equal(answer.res.status, status);
    assert_int_equal(n_inside, inside);
    if (status >= 400) assert_header(&answer, "Cache-Control", "no-store");
    answer_end(&answer);
}

static void test_without_room_only_local_routes_answer(void **state) {
    (void)state;
    assert_status(HTTP_GET, "/local", false, 200, true);
    assert_status(HTTP_GET, "/nodes", false, 200, true);
    assert_status(HTTP_GET, "/local", true, 200, true);
    assert_status(HTTP_GET, "/nodes", true, 503, false);
    assert_status(HTTP_HEAD, "/nodes", true, 503, false);
}

/* Nobody has to say who asks for it, and nobody's limit counts it. */
static void test_what_has_no_handler_goes_no_further(void **state) {
    (void)state;
    for (int may_not_wait = 0; may_not_wait < 2; may_not_wait++) {
        assert_status(HTTP_GET, "/missing", may_not_wait, 404, false);
        assert_status(HTTP_POST, "/local", may_not_wait, 405, false);
        assert_status(HTTP_GET, "/local?x=1", may_not_wait, 400, false);
        assert_status(HTTP_OPTIONS, "/nodes", may_not_wait, 204, false);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_room_only_local_routes_answer),
        cmocka_unit_test(test_what_has_no_handler_goes_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
