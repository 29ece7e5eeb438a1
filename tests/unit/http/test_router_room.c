/* What still answers when there is no room for requests that wait: the routes that never do.
 * Owns an answer for each request.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "answer.h"
#include "http/route.h"
#include "http/router.h"

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

static void assert_status(const char *target, bool may_not_wait, int status) {
    struct answer answer;
    answer_begin(&answer, HTTP_GET, target);
    answer.req.may_not_wait = may_not_wait;
    router_dispatch(&answer.req, &answer.res);
    assert_int_equal(answer.res.status, status);
    answer_end(&answer);
}

static void test_without_room_only_local_routes_answer(void **state) {
    (void)state;
    assert_status("/local", false, 200);
    assert_status("/nodes", false, 200);
    assert_status("/local", true, 200);
    assert_status("/nodes", true, 503);
    assert_status("/missing", true, 404);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_room_only_local_routes_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
