/* Who is counted as whom, in which class and at what cost, and what each answer says of it. Times are buckets' matter:
 * here nothing comes back for ten seconds.
 * Owns the app's buckets, anew for each test.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "app.h"
#include "core/metrics.h"
#include "headers.h"
#include "http/answer.h"
#include "http/route.h"
#include "middleware/middleware.h"
#include "middleware/rate_limit.h"

/* Sizes are as many minutes and a half of each; twice as many for those who are known. */
static struct config config = {.rate_limit_cached_per_min = 5,
                               .rate_limit_live_per_min = 2,
                               .rate_limit_list_per_min = 1,
                               .rate_limit_write_per_min = 1,
                               .rate_limit_burst_s = 150,
                               .rate_limit_user_factor = 2};
enum { CACHED = 12, LIVE = 5, LIST = 2, KNOWN_LIVE = 10 };

static struct app app = {.config = &config};

static enum err answer_text(struct request *req, struct response *res) {
    (void)req;
    response_static(res, "text/plain", "ok", 2);
    return ERR_OK;
}

static enum err refuse_credentials(struct task *task, void *arg, struct principal *out, const char *credentials,
                                   size_t len, bool verify) {
    (void)arg;
    (void)verify;
    *out = (struct principal){.kind = PRINCIPAL_KEY};
    if (len == 4 && memcmp(credentials, "good", 4) == 0) return ERR_OK;
    bool expired = len == 3 && memcmp(credentials, "old", 3) == 0;
    return task_fail(task, expired ? ERR_TOKEN_EXPIRED : ERR_UNAUTHENTICATED, "no");
}

const struct route routes[] = {
    {HTTP_GET, "/free", answer_text, CACHE_CLASS_NONE, "", COST_FREE, ACCESS_PUBLIC, SCOPE_NONE},
    {HTTP_GET, "/cached", answer_text, CACHE_CLASS_NONE, "", COST_CACHED, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/live", answer_text, CACHE_CLASS_NONE, "", COST_LIVE, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/list", answer_text, CACHE_CLASS_NONE, "", COST_LIST, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_POST, "/write", answer_text, CACHE_CLASS_NONE, "", COST_WRITE, ACCESS_USER, SCOPE_ACCOUNT_WRITE},
    {HTTP_GET, "/probe", answer_text, CACHE_CLASS_NONE, "", COST_PROBE, ACCESS_PUBLIC, SCOPE_NONE},
};
const size_t routes_count = sizeof routes / sizeof *routes;

static const struct middleware_next chain[] = {
    {middleware_authenticate}, {middleware_rate_limit}, {middleware_authorize}, {middleware_handler}};

/* Who asks. */
struct client {
    const char *address; /* NULL: unix */
    struct principal principal;
};

static void ask(struct answer *answer, enum cost_class cost, const struct client *client, size_t body_len) {
    static const char body[100000];
    answer_begin(answer, HTTP_GET, "/");
    answer->req.app = &app;
    answer->req.route = &routes[cost];
    answer->req.body = (struct slice){body, body_len};
    answer->req.principal = client->principal;
    answer->req.client = peer_address_of(NULL);
    if (client->address != NULL) {
        assert_true(peer_address_parse(&answer->req.client, client->address, strlen(client->address)));
    }
    middleware_next(&answer->req, &answer->res, chain);
}

static int status_of(enum cost_class cost, const struct client *client) {
    struct answer answer;
    ask(&answer, cost, client, 0);
    int status = answer.res.status;
    answer_end(&answer);
    return status;
}

/* How many are answered before the first 429, at most 100. */
static unsigned count(enum cost_class cost, const struct client *client) {
    unsigned n = 0;
    while (n < 100 && status_of(cost, client) != 429) n++;
    return n;
}

/* In: seconds, when no time passes; some may. */
static void assert_seconds(const struct answer *answer, const char *name, unsigned seconds) {
    const char *value = response_get_header(&answer->res, name);
    assert_non_null(value);
    assert_in_range(strtoul(value, NULL, 10), seconds - 10, seconds);
}

static int set_up(void **state) {
    (void)state;
    header_name = "";
    app.authenticator = (struct authenticator){.identify = refuse_credentials};
    app.buckets = buckets_new(BUCKETS_MIN_BYTES);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    buckets_free(app.buckets);
    return 0;
}

static void test_classes_are_apart(void **state) {
    (void)state;
    const struct client client = {.address = "192.0.2.1"};
    assert_int_equal(count(COST_CACHED, &client), CACHED);
    assert_int_equal(count(COST_LIVE, &client), LIVE);
    assert_int_equal(count(COST_LIST, &client), LIST);
    assert_int_equal(count(COST_FREE, &client), 100);
    assert_int_equal(count(COST_PROBE, &client), 100);
    assert_int_equal(count(COST_LIVE, &client), 0);
}

static void test_what_answers_say(void **state) {
    (void)state;
    const struct client client = {.address = "192.0.2.1"};
    for (unsigned i = 0; i <= LIVE; i++) {
        struct answer answer;
        ask(&answer, COST_LIVE, &client, 0);
        char left[8];
        unsigned used = i < LIVE ? i + 1 : LIVE;
        (void)snprintf(left, sizeof left, "%u", LIVE - used);
        assert_header(&answer, "RateLimit-Limit", "5");
        assert_header(&answer, "RateLimit-Remaining", left);
        assert_seconds(&answer, "RateLimit-Reset", used * 30);
        if (i == LIVE) {
            assert_problem(&answer, 429, "rate_limited");
            assert_seconds(&answer, "Retry-After", 30);
        } else {
            assert_header(&answer, "Retry-After", NULL);
        }
        answer_end(&answer);
    }
    struct answer answer;
    ask(&answer, COST_FREE, &client, 0);
    assert_header(&answer, "RateLimit-Limit", NULL);
    answer_end(&answer);
}

static void test_errors_behind_it_say_it_too(void **state) {
    (void)state;
    struct answer answer;
    const struct client client = {.address = "192.0.2.1"};
    ask(&answer, COST_WRITE, &client, 0);
    assert_problem(&answer, 401, "unauthenticated");
    assert_header(&answer, "RateLimit-Remaining", "1");
    answer_end(&answer);
}

static void test_who_is_whom(void **state) {
    (void)state;
    const struct principal key = {.kind = PRINCIPAL_KEY, .scopes = SCOPE_READ, .id.bytes = {1}, .has_user = true};
    const struct principal session = {.kind = PRINCIPAL_SESSION, .id.bytes = {1}, .has_user = true, .user.bytes = {1}};
    const struct principal wallet = {.kind = PRINCIPAL_SESSION, .address = {1}};
    struct principal other_session = session, other_wallet = wallet, other_user = session, other_key = key;
    other_session.id.bytes[0] = 2;
    other_user.user.bytes[0] = 2;
    other_wallet.id.bytes[0] = 2;
    other_wallet.address[0] = 2;
    other_key.id.bytes[0] = 2;
    struct {
        struct client client;
        unsigned n;
    } rows[] = {
        {{"192.0.2.1", {.kind = PRINCIPAL_ANONYMOUS}}, LIVE},
        {{"192.0.2.1", {.kind = PRINCIPAL_ANONYMOUS}}, 0},
        {{"::ffff:192.0.2.1", {.kind = PRINCIPAL_ANONYMOUS}}, 0},
        {{"192.0.2.2", {.kind = PRINCIPAL_ANONYMOUS}}, LIVE},
        {{"2001:db8:1:2::1", {.kind = PRINCIPAL_ANONYMOUS}}, LIVE},
        {{"2001:db8:1:2:ffff:ffff:ffff:ffff", {.kind = PRINCIPAL_ANONYMOUS}}, 0}, /* the same /64 */
        {{"2001:db8:1:3::1", {.kind = PRINCIPAL_ANONYMOUS}}, LIVE},
        {{"::", {.kind = PRINCIPAL_ANONYMOUS}}, LIVE},
        {{NULL, {.kind = PRINCIPAL_ANONYMOUS}}, LIVE},
        {{"192.0.2.1", key}, KNOWN_LIVE}, /* whatever its address has used up */
        {{"192.0.2.3", key}, 0},          /* nor does another one help */
        {{"192.0.2.3", other_key}, KNOWN_LIVE},
        {{"192.0.2.1", session}, KNOWN_LIVE},
        {{"192.0.2.1", other_session}, 0}, /* of the same user */
        {{"192.0.2.1", other_user}, KNOWN_LIVE},
        {{"192.0.2.1", wallet}, KNOWN_LIVE},
        {{"192.0.2.1", other_wallet}, KNOWN_LIVE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned n = count(COST_LIVE, &rows[i].client);
        if (n != rows[i].n) fail_msg("row %zu: %u", i, n);
    }
}

static void test_a_body_costs(void **state) {
    (void)state;
    static const struct {
        size_t len;
        const char *left;
    } rows[] = {{0, "11"}, {4095, "10"}, {4096, "8"}, {3 * 4096, "4"}, {5 * 4096, "4"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct client client = {.address = "192.0.2.1"};
        struct answer answer;
        ask(&answer, COST_CACHED, &client, rows[i].len);
        assert_header(&answer, "RateLimit-Remaining", rows[i].left);
        assert_int_equal(answer.res.status, i == 4 ? 429 : 200);
        answer_end(&answer);
    }
}

/* A body that costs more than there ever is takes all there is, so that it is answered at all. */
static void test_a_long_body_takes_everything(void **state) {
    (void)state;
    const struct client client = {.address = "192.0.2.1"};
    struct answer answer;
    ask(&answer, COST_LIVE, &client, 100000);
    assert_int_equal(answer.res.status, 200);
    assert_header(&answer, "RateLimit-Remaining", "0");
    answer_end(&answer);
}

static void test_off_and_without_limit(void **state) {
    (void)state;
    const struct client client = {.address = "192.0.2.1"};
    struct buckets *buckets = app.buckets;
    app.buckets = NULL;
    assert_int_equal(count(COST_LIST, &client), 100);
    app.buckets = buckets;
    config.rate_limit_list_per_min = 0;
    assert_int_equal(count(COST_LIST, &client), 100);
    config.rate_limit_list_per_min = 1;
    config.rate_limit_burst_s = 1; /* less than one token: one it is */
    assert_int_equal(count(COST_LIST, &client), 1);
    config.rate_limit_burst_s = 150;
}

/* Bad credentials are counted for the address and then no longer looked at, good ones of others there neither. */
static void test_guesses(void **state) {
    (void)state;
    const struct client client = {.address = "192.0.2.1"}, other = {.address = "192.0.2.2"};
    header_name = "Authorization";
    header_value = "Bearer old";
    for (unsigned i = 0; i < 3 * LIVE; i++) assert_int_equal(status_of(COST_CACHED, &client), 401); /* no guess */
    header_value = "Bearer guess";
    for (unsigned i = 0; i < LIVE; i++) assert_int_equal(status_of(COST_CACHED, &client), 401);
    struct answer answer;
    ask(&answer, COST_CACHED, &client, 0);
    assert_problem(&answer, 429, "rate_limited");
    assert_header(&answer, "RateLimit-Remaining", "0");
    assert_seconds(&answer, "Retry-After", 30);
    answer_end(&answer);
    header_value = "Bearer good";
    assert_int_equal(status_of(COST_CACHED, &client), 429);
    assert_int_equal(status_of(COST_CACHED, &other), 403); /* looked up: the key has no scope */
    header_value = NULL;
    assert_int_equal(status_of(COST_LIVE, &client), 200); /* without credentials it is a client as before */
}

static void test_metrics(void **state) {
    (void)state;
    enum { GUESSES = COST_CLASS_COUNT };
    const struct client client = {.address = "192.0.2.1"};
    rate_limit_set_metric_labels();
    metrics_start(1);
    (void)count(COST_LIST, &client);
    (void)count(COST_LIVE, &client);
    (void)status_of(COST_LIVE, &client);
    assert_int_equal(metrics_value(METRIC_RATE_LIMITED, COST_LIST, 0), 1);
    assert_int_equal(metrics_value(METRIC_RATE_LIMITED, COST_LIVE, 0), 2);
    assert_int_equal(metrics_value(METRIC_RATE_LIMITED, GUESSES, 0), 0);
    assert_int_equal(metrics_value(METRIC_RATE_LIMIT_BUCKETS, 0, 0), 2);
    metrics_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_classes_are_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_answers_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors_behind_it_say_it_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_is_whom, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_body_costs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_body_takes_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_off_and_without_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_guesses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_metrics, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
