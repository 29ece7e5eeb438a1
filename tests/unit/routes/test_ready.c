/* GET /ready: which chains it takes to be ready, and what is said of those that do not answer.
 * Each test makes its request and frees it.
 * Runs on one thread; the route on a coroutine. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "handlers.h"
#include "http/answer.h"
#include "services/chain_service.h"
#include "services/indexed.h"

enum { MAX_CHAINS = 10 };

/* Chains that know no network, each with its answer. */
struct chain {
    const char *name;
    enum err err;
    unsigned checks;
};
const char *chain_name(const struct chain *chain) {
    return chain->name;
}
uint64_t chain_id(const struct chain *chain) {
    (void)chain;
    return 0;
}
enum err chain_service_check(struct task *task, struct chain *chain) {
    chain->checks++;
    reactor_sleep_ms(task->reactor, 1);
    return chain->err == ERR_OK ? ERR_OK : task_fail(task, chain->err, "%s is away", chain->name);
}

enum err chain_service_find(struct task *task, struct chain *const *list, size_t n, uint64_t id, size_t *index) {
    (void)list;
    (void)id;
    *index = n;
    return task_fail(task, ERR_INTERNAL, "nobody looks for a chain here");
}

/* Indexes that are as far behind as the test says. */
static uint64_t lag;
enum err indexed_check_ready(struct task *task, const struct source *source, uint64_t max_lag) {
    (void)source;
    return lag <= max_lag ? ERR_OK : task_fail(task, ERR_INDEX_UNAVAILABLE, "it is behind");
}

static struct chain chains[MAX_CHAINS];
static struct config config = {.ready_max_lag_blocks = 10};
static struct app app = {.config = &config};
static struct answer answer;
static enum err result;

static void run_route(void *arg) {
    (void)arg;
    result = route_ready(&answer.req, &answer.res);
}

/* In: name, of ?chain=, or NULL. */
static void ask(const enum err *errs, size_t n, const char *name) {
    static const char *const names[MAX_CHAINS] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    struct chain *list[MAX_CHAINS];
    for (size_t i = 0; i < n; i++) {
        chains[i] = (struct chain){.name = names[i], .err = errs[i]};
        list[i] = &chains[i];
    }
    app.chains = list;
    app.n_chains = n;
    answer_begin(&answer, HTTP_GET, "/ready");
    answer.req.app = &app;
    answer.req.task.reactor = reactor_new(0);
    if (name != NULL) {
        answer.req.query[0] = (struct query_arg){{"chain", 5}, {name, strlen(name)}};
        answer.req.n_query = 1;
    }
    reactor_spawn(answer.req.task.reactor, run_route, NULL);
    reactor_stop(answer.req.task.reactor);
    reactor_run(answer.req.task.reactor);
}

static void end(void) {
    reactor_free(answer.req.task.reactor);
    answer_end(&answer);
}

/* In: chains, the names of those that the reasons speak of. */
static void assert_ready(bool ready, const char *names) {
    assert_int_equal(result, ERR_OK);
    assert_int_equal(answer.res.status, ready ? 200 : 503);
    assert_header(&answer, "Retry-After", ready ? NULL : "1");
    json_t *json = answer_json(&answer);
    assert_int_equal(json_is_true(json_object_get(json, "ready")), ready);
    const json_t *reasons = json_object_get(json, "reasons");
    assert_int_equal(json_array_size(reasons), strlen(names));
    for (size_t i = 0; i < strlen(names); i++) {
        const json_t *reason = json_array_get(reasons, i);
        const char *chain = json_string_value(json_object_get(reason, "chain"));
        assert_non_null(chain);
        assert_int_equal(chain[0], names[i]);
        assert_string_equal(json_string_value(json_object_get(reason, "code")), "upstream_unavailable");
        assert_non_null(strstr(json_string_value(json_object_get(reason, "detail")), "is away"));
    }
    json_decref(json);
}

static const enum err up[] = {ERR_OK, ERR_OK}, first_down[] = {ERR_UPSTREAM_UNAVAILABLE, ERR_OK},
                      second_down[] = {ERR_OK, ERR_UPSTREAM_UNAVAILABLE},
                      down[] = {ERR_UPSTREAM_UNAVAILABLE, ERR_UPSTREAM_UNAVAILABLE};

static void test_one_chain_that_answers_will_do(void **state) {
    (void)state;
    static const struct {
        const enum err *errs;
        size_t n;
        bool ready;
        const char *reasons;
    } rows[] = {{up, 1, true, ""},          {down, 1, false, "a"},       {up, 2, true, ""},
                {first_down, 2, true, "a"}, {second_down, 2, true, "b"}, {down, 2, false, "ab"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(rows[i].errs, rows[i].n, NULL);
        assert_ready(rows[i].ready, rows[i].reasons);
        for (size_t c = 0; c < rows[i].n; c++) assert_int_equal(chains[c].checks, 1);
        end();
    }
}

static void test_a_named_chain_counts_alone(void **state) {
    (void)state;
    ask(first_down, 2, "a");
    assert_ready(false, "a");
    assert_int_equal(chains[1].checks, 0);
    end();
    ask(first_down, 2, "b");
    assert_ready(true, "");
    assert_int_equal(chains[0].checks, 0);
    end();
    ask(up, 2, "z");
    assert_int_equal(result, ERR_INVALID_PARAMETER);
    end();
}

static void assert_behind(bool ready) {
    assert_int_equal(result, ERR_OK);
    assert_int_equal(answer.res.status, ready ? 200 : 503);
    json_t *json = answer_json(&answer);
    const json_t *reasons = json_object_get(json, "reasons");
    assert_int_equal(json_array_size(reasons), ready ? 0 : 1);
    if (!ready) {
        const char *code = json_string_value(json_object_get(json_array_get(reasons, 0), "code"));
        assert_string_equal(code, "index_unavailable");
    }
    json_decref(json);
}

static void test_an_index_that_is_too_far_behind_counts(void **state) {
    (void)state;
    static const struct {
        uint64_t lag, max;
        bool ready;
    } rows[] = {{0, 10, true}, {10, 10, true}, {11, 10, false}, {11, 0, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lag = rows[i].lag;
        config.ready_max_lag_blocks = rows[i].max;
        ask(up, 1, NULL);
        assert_behind(rows[i].ready);
        end();
    }
    lag = 0;
    config.ready_max_lag_blocks = 10;
}

static void test_not_every_reason_is_told(void **state) {
    (void)state;
    enum err errs[MAX_CHAINS];
    for (size_t i = 0; i < MAX_CHAINS; i++) errs[i] = ERR_UPSTREAM_UNAVAILABLE;
    ask(errs, MAX_CHAINS, NULL);
    assert_ready(false, "abcdefgh");
    end();
}

static void test_who_shuts_down_is_not_ready(void **state) {
    (void)state;
    app.draining = true;
    ask(second_down, 2, NULL);
    app.draining = false;
    assert_int_equal(answer.res.status, 503);
    json_t *json = answer_json(&answer);
    assert_true(json_is_false(json_object_get(json, "ready")));
    const json_t *reason = json_array_get(json_object_get(json, "reasons"), 0);
    assert_string_equal(json_string_value(json_object_get(reason, "code")), "shutting_down");
    assert_null(json_object_get(reason, "chain"));
    assert_int_equal(json_array_size(json_object_get(json, "reasons")), 2);
    json_decref(json);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_chain_that_answers_will_do),
        cmocka_unit_test(test_a_named_chain_counts_alone),
        cmocka_unit_test(test_an_index_that_is_too_far_behind_counts),
        cmocka_unit_test(test_not_every_reason_is_told),
        cmocka_unit_test(test_who_shuts_down_is_not_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
