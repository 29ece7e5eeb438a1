/* Sessions against a PostgreSQL of the test's own: queries, rows, errors, copies, streams and deadlines.
 * Owns the server, and for each test a reactor and a task.
 * Runs on one thread, besides libuv's own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cluster.h"
#include "repos/pg_session.h"

enum { FAR_MS = 60000, ARENA_BYTES = 4 * 1024 * 1024 };

static int make_cluster(void **state) {
    (void)state;
    return cluster_make() ? 0 : -1;
}

static int remove_cluster(void **state) {
    (void)state;
    cluster_remove();
    return 0;
}

/* A coroutine with a task and an open session. cmocka's failures leave by longjmp, which no coroutine survives: what
 * does not hold is noted, and told by the test itself. */
struct scene {
    struct task task;
    struct pg_session *session;
    void (*play)(struct scene *scene);
    const char *url;
    const char *wrong; /* the first thing that did not hold */
    size_t rows;
};

#define expect(scene, condition) \
    do { \
        if ((scene)->wrong == NULL && !(condition)) (scene)->wrong = #condition; \
    } while (0)

static void run_scene(void *arg) {
    struct scene *scene = arg;
    const struct pg_session_options options = {
        .url = scene->url, .application_name = "dappd-test", .connect_timeout_ms = FAR_MS};
    enum err err = pg_session_open(&scene->task, &scene->session, &options);
    expect(scene, err == ERR_OK);
    if (err == ERR_OK) scene->play(scene);
    pg_session_close(scene->session);
}

static void play(void (*fn)(struct scene *)) {
    struct reactor *reactor = reactor_new(0);
    struct scene scene = {.play = fn, .url = cluster.url};
    scene.task = (struct task){.reactor = reactor, .arena = arena_new(ARENA_BYTES), .name = "test"};
    scene.task.deadline_ms = reactor_now_ms(reactor) + FAR_MS;
    reactor_spawn(reactor, run_scene, &scene);
    reactor_stop(reactor);
    reactor_run(reactor);
    arena_free(scene.task.arena);
    reactor_free(reactor);
    if (scene.wrong != NULL) fail_msg("%s", scene.wrong);
}

static const struct pg_statement echo = {
    .name = "test_echo",
    .n_params = 4,
    .sql = "SELECT $1::bigint + 1, $2::text, $3::bytea, $4::numeric * -1, NULL::integer",
};

static void echo_values(struct scene *scene) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    address holder = {{1, 2, 3}};
    u256 amount = u256_from_u64(123456789012345);
    size_t len;
    bool negative;
    pg_param_i64(&params, 41);
    pg_param_text(&params, "h\xc3\xa9llo");
    pg_param_address(&params, &holder);
    pg_param_u256(&params, &amount);
    expect(scene, pg_session_query(&scene->task, scene->session, &rows, &echo, &params) == ERR_OK);
    if (scene->wrong != NULL) return;
    expect(scene, rows.n == 1);
    expect(scene, pg_i64(&rows, 0, 0) == 42);
    const char *text = pg_text(&rows, 0, 1, &len);
    expect(scene, len == 6 && memcmp(text, "h\xc3\xa9llo", 6) == 0);
    address back = pg_address(&rows, 0, 2);
    expect(scene, address_equal(&back, &holder));
    u256 amount_back = pg_u256(&rows, 0, 3, &negative);
    expect(scene, u256_cmp(&amount_back, &amount) == 0 && negative);
    expect(scene, pg_is_null(&rows, 0, 4) && !pg_is_null(&rows, 0, 0));
    expect(scene, pg_rows_check(&scene->task, &rows) == ERR_OK);
}

static void echo_twice(struct scene *scene) {
    echo_values(scene);
    echo_values(scene);
    expect(scene, scene->task.db_queries == 2 && scene->task.db_us > 0);
}

static void test_values_come_back_as_they_went(void **state) {
    (void)state;
    play(echo_twice);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_back_as_they_went),
    };
    return cmocka_run_group_tests(tests, make_cluster, remove_cluster);
}
