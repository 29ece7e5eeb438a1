/* Who asks and who may: what the authenticator is asked and when, and what the route table lets whom do.
 * Owns a request for each row, and stands in for the authenticator.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "app.h"
#include "headers.h"
#include "http/answer.h"
#include "http/route.h"
#include "middleware/middleware.h"

/* What it was asked last, and what it answers. */
static struct {
    unsigned n;
    char credentials[64];
    bool verify;
    enum err err;
    struct principal principal;
} asked;
static int its_arg;

static enum err identify(struct task *task, void *arg, struct principal *out, const char *credentials, size_t len,
                         bool verify) {
    assert_ptr_equal(arg, &its_arg);
    asked.n++;
    asked.verify = verify;
    (void)snprintf(asked.credentials, sizeof asked.credentials, "%.*s", (int)len, credentials);
    *out = asked.principal;
    return asked.err == ERR_OK ? ERR_OK : task_fail(task, asked.err, "no");
}

static enum err answer_text(struct request *req, struct response *res) {
    (void)req;
    response_static(res, "text/plain", "ok", 2);
    return ERR_OK;
}

/* The route under test is the request's; this one is for the linker. */
const struct route routes[] = {
    {HTTP_GET, "/", answer_text, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
};
const size_t routes_count = 1;

static const struct middleware_next chain[] = {{middleware_authenticate}, {middleware_authorize}, {middleware_handler}};

static void ask(struct answer *answer, enum access access, unsigned scope, const char *authorization) {
    static struct app app = {.authenticator = {identify, &its_arg}};
    static struct route route;
    route = (struct route){HTTP_GET, "/", answer_text, CACHE_CLASS_NONE, "", COST_LIVE, access, (enum scope)scope};
    header_name = "Authorization";
    header_value = authorization;
    asked.n = 0;
    answer_begin(answer, HTTP_GET, "/");
    answer->req.app = &app;
    answer->req.route = &route;
}

static void be(enum principal_kind kind, unsigned scopes, bool admin) {
    asked.err = ERR_OK;
    asked.principal = (struct principal){.kind = kind, .has_user = true, .scopes = scopes, .admin = admin};
}

static void test_what_is_no_bearer_token_is_401(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",          "Bearer",    "Bearer ",   "Basic dTpw", "Bearer a b", "Bearer a, Bearer b",
        "Bearer a,", "Bearer\ta", "Bearerabc", "token",      "Bearer =",   "Bearer a\"b"};
    be(PRINCIPAL_SESSION, 0, true);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct answer answer;
        ask(&answer, ACCESS_PUBLIC, SCOPE_READ, bad[i]);
        middleware_next(&answer.req, &answer.res, chain);
        assert_problem(&answer, 401, "unauthenticated");
        assert_header(&answer, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
        assert_int_equal(asked.n, 0);
        assert_int_equal(answer.req.principal.kind, PRINCIPAL_ANONYMOUS);
        answer_end(&answer);
    }
}

static void test_the_authenticator_gets_the_token(void **state) {
    (void)state;
    static const enum access accesses[] = {ACCESS_PUBLIC, ACCESS_USER, ACCESS_ADMIN};
    be(PRINCIPAL_SESSION, 0, true);
    for (size_t i = 0; i < 3; i++) {
        struct answer answer;
        ask(&answer, accesses[i], SCOPE_READ, "bEARER abc.DEF-1_2~3+4/5==");
        middleware_next(&answer.req, &answer.res, chain);
        assert_int_equal(answer.res.status, 200);
        assert_int_equal(answer.req.principal.kind, PRINCIPAL_SESSION);
        assert_int_equal(asked.n, 1);
        assert_string_equal(asked.credentials, "abc.DEF-1_2~3+4/5==");
        assert_int_equal(asked.verify, accesses[i] != ACCESS_PUBLIC);
        assert_header(&answer, "Cache-Control", "no-store");
        answer_end(&answer);
    }
}

static void test_its_refusals_are_answered(void **state) {
    (void)state;
    static const struct {
        enum err err;
        int status;
        const char *code, *challenge;
    } rows[] = {
        {ERR_UNAUTHENTICATED, 401, "unauthenticated", "Bearer error=\"invalid_token\""},
        {ERR_TOKEN_EXPIRED, 401, "token_expired", "Bearer error=\"invalid_token\""},
        {ERR_ACCOUNTS_UNAVAILABLE, 503, "accounts_unavailable", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        be(PRINCIPAL_KEY, SCOPE_READ, false);
        asked.err = rows[i].err;
        ask(&answer, ACCESS_PUBLIC, SCOPE_READ, "Bearer x");
        middleware_next(&answer.req, &answer.res, chain);
        assert_problem(&answer, rows[i].status, rows[i].code);
        assert_header(&answer, "WWW-Authenticate", rows[i].challenge);
        assert_int_equal(answer.req.principal.kind, PRINCIPAL_ANONYMOUS);
        answer_end(&answer);
    }
}

/* What a prober or a client without a good token needs answers whatever stands in the header. */
static void test_a_route_without_a_scope_asks_nobody(void **state) {
    (void)state;
    static const char *const given[] = {NULL, "Bearer x", "Basic dTpw", ""};
    asked.err = ERR_UNAUTHENTICATED;
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        struct answer answer;
        ask(&answer, ACCESS_PUBLIC, SCOPE_NONE, given[i]);
        answer.req.may_not_wait = true;
        middleware_next(&answer.req, &answer.res, chain);
        assert_int_equal(answer.res.status, 200);
        assert_int_equal(asked.n, 0);
        answer_end(&answer);
    }
}

/* To look a key up may take the database, and there is no room to wait for it. */
static void test_without_room_credentials_are_not_looked_up(void **state) {
    (void)state;
    struct answer answer;
    be(PRINCIPAL_KEY, SCOPE_READ, false);
    ask(&answer, ACCESS_PUBLIC, SCOPE_READ, "Bearer x");
    answer.req.may_not_wait = true;
    middleware_next(&answer.req, &answer.res, chain);
    assert_problem(&answer, 503, "overloaded");
    assert_int_equal(asked.n, 0);
    answer_end(&answer);

    ask(&answer, ACCESS_PUBLIC, SCOPE_READ, NULL);
    answer.req.may_not_wait = true;
    middleware_next(&answer.req, &answer.res, chain);
    assert_int_equal(answer.res.status, 200);
    answer_end(&answer);
}

static void test_who_may(void **state) {
    (void)state;
    static const struct {
        enum access access;
        unsigned scope;
        enum principal_kind who;
        unsigned has;
        bool admin;
        int status;
        const char *code;
    } rows[] = {
        {ACCESS_PUBLIC, SCOPE_READ, PRINCIPAL_ANONYMOUS, 0, false, 200, NULL},
        {ACCESS_PUBLIC, SCOPE_READ, PRINCIPAL_SESSION, 0, false, 200, NULL},
        {ACCESS_PUBLIC, SCOPE_READ, PRINCIPAL_KEY, SCOPE_READ, false, 200, NULL},
        {ACCESS_PUBLIC, SCOPE_READ, PRINCIPAL_KEY, SCOPE_READ | SCOPE_ACCOUNT_READ, false, 200, NULL},
        {ACCESS_PUBLIC, SCOPE_READ, PRINCIPAL_KEY, SCOPE_ACCOUNT_READ, false, 403, "insufficient_scope"},
        {ACCESS_PUBLIC, SCOPE_READ, PRINCIPAL_KEY, 0, true, 403, "insufficient_scope"},
        {ACCESS_USER, SCOPE_ACCOUNT_READ, PRINCIPAL_ANONYMOUS, 0, false, 401, "unauthenticated"},
        {ACCESS_USER, SCOPE_ACCOUNT_READ, PRINCIPAL_SESSION, 0, false, 200, NULL},
        {ACCESS_USER, SCOPE_ACCOUNT_READ, PRINCIPAL_KEY, SCOPE_ACCOUNT_READ, false, 200, NULL},
        {ACCESS_USER, SCOPE_ACCOUNT_READ, PRINCIPAL_KEY, SCOPE_ACCOUNT_WRITE, false, 403, "insufficient_scope"},
        {ACCESS_USER, SCOPE_ACCOUNT_READ | SCOPE_USERS_READ, PRINCIPAL_KEY, SCOPE_USERS_READ, false, 200, NULL},
        {ACCESS_USER, SCOPE_ACCOUNT_READ | SCOPE_USERS_READ, PRINCIPAL_KEY, SCOPE_READ, false, 403,
         "insufficient_scope"},
        {ACCESS_USER, SCOPE_SESSION, PRINCIPAL_ANONYMOUS, 0, false, 401, "unauthenticated"},
        {ACCESS_USER, SCOPE_SESSION, PRINCIPAL_SESSION, 0, false, 200, NULL},
        {ACCESS_USER, SCOPE_SESSION, PRINCIPAL_KEY, UINT32_MAX, true, 403, "insufficient_scope"},
        {ACCESS_ADMIN, SCOPE_AUDIT_READ, PRINCIPAL_ANONYMOUS, 0, false, 401, "unauthenticated"},
        {ACCESS_ADMIN, SCOPE_AUDIT_READ, PRINCIPAL_SESSION, 0, false, 403, "forbidden"},
        {ACCESS_ADMIN, SCOPE_AUDIT_READ, PRINCIPAL_SESSION, 0, true, 200, NULL},
        {ACCESS_ADMIN, SCOPE_AUDIT_READ, PRINCIPAL_KEY, SCOPE_AUDIT_READ, false, 403, "forbidden"},
        {ACCESS_ADMIN, SCOPE_AUDIT_READ, PRINCIPAL_KEY, SCOPE_AUDIT_READ, true, 200, NULL},
        {ACCESS_ADMIN, SCOPE_AUDIT_READ, PRINCIPAL_KEY, SCOPE_USERS_READ, true, 403, "insufficient_scope"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        be(rows[i].who, rows[i].has, rows[i].admin);
        ask(&answer, rows[i].access, rows[i].scope, rows[i].who == PRINCIPAL_ANONYMOUS ? NULL : "Bearer x");
        middleware_next(&answer.req, &answer.res, chain);
        if (answer.res.status != rows[i].status) fail_msg("row %zu: %d", i, answer.res.status);
        if (rows[i].code != NULL) assert_problem(&answer, rows[i].status, rows[i].code);
        assert_header(&answer, "WWW-Authenticate", rows[i].status == 401 ? "Bearer" : NULL);
        answer_end(&answer);
    }
}

static void test_without_users_nobody_is_told_to_be_no_admin(void **state) {
    (void)state;
    struct answer answer;
    be(PRINCIPAL_SESSION, 0, false);
    asked.principal.has_user = false;
    ask(&answer, ACCESS_ADMIN, SCOPE_AUDIT_READ, "Bearer x");
    middleware_next(&answer.req, &answer.res, chain);
    assert_problem(&answer, 503, "accounts_unavailable");
    answer_end(&answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_bearer_token_is_401),
        cmocka_unit_test(test_the_authenticator_gets_the_token),
        cmocka_unit_test(test_its_refusals_are_answered),
        cmocka_unit_test(test_a_route_without_a_scope_asks_nobody),
        cmocka_unit_test(test_without_room_credentials_are_not_looked_up),
        cmocka_unit_test(test_who_may),
        cmocka_unit_test(test_without_users_nobody_is_told_to_be_no_admin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
