/* A crowd reads, leases and streams while PostgreSQL stops in every way it can and comes back: an answer is right or it
 * says when to come again, and afterwards all is as before.
 * Owns the server, which a thread of the test's own restarts.
 * The crowd runs on the main thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "cluster.h"
#include "scene.h"

enum { CROWD = 40, MAX_STARTS = 200 /* each fails at once */ };

static const struct pg_statement twice = {.name = "test_twice", .n_params = 1, .sql = "SELECT $1::bigint * 2"};

static atomic_bool restarted;
static atomic_bool came_back;
static size_t answered, refused, recovered;

/* After SIGKILL what is left of the old server may still hold its shared memory for a moment. */
static void restart(int signal) {
    (void)usleep(200000);
    cluster_stop(signal);
    (void)usleep(100000);
    bool up = false;
    for (int i = 0; i < MAX_STARTS && !up; i++) up = cluster_start();
    atomic_store(&came_back, up);
    atomic_store(&restarted, true);
}

/* The server goes with the thread that has started it: one thread restarts it each time. */
static struct {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool up, ending;
    int signal; /* to restart it by; 0: nothing to do */
} keeper = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *keep_cluster(void *arg) {
    (void)arg;
    bool up = cluster_make();
    pthread_mutex_lock(&keeper.mutex);
    keeper.up = up;
    keeper.signal = 0;
    pthread_cond_broadcast(&keeper.changed);
    while (!keeper.ending) {
        int signal = keeper.signal;
        keeper.signal = 0;
        if (signal == 0) {
            pthread_cond_wait(&keeper.changed, &keeper.mutex);
            continue;
        }
        pthread_mutex_unlock(&keeper.mutex);
        restart(signal);
        pthread_mutex_lock(&keeper.mutex);
    }
    pthread_mutex_unlock(&keeper.mutex);
    cluster_remove();
    return NULL;
}

static void tell_keeper(int signal, bool ending) {
    pthread_mutex_lock(&keeper.mutex);
    keeper.signal = signal;
    keeper.ending = ending;
    pthread_cond_broadcast(&keeper.changed);
    pthread_mutex_unlock(&keeper.mutex);
}

static int start_keeper(void **state) {
    (void)state;
    keeper.signal = -1; /* until it is up */
    if (pthread_create(&keeper.thread, NULL, keep_cluster, NULL) != 0) return -1;
    pthread_mutex_lock(&keeper.mutex);
    while (keeper.signal != 0) pthread_cond_wait(&keeper.changed, &keeper.mutex);
    pthread_mutex_unlock(&keeper.mutex);
    return keeper.up ? 0 : -1;
}

static int end_keeper(void **state) {
    (void)state;
    tell_keeper(0, true);
    return pthread_join(keeper.thread, NULL);
}

/* Returns false when the database cannot be reached, which has to be said in the one right way. */
static bool is_answer(const struct actor *actor, enum err err) {
    if (err == ERR_OK) return true;
    expect(err == ERR_INDEX_UNAVAILABLE && actor->task.fault.retry_after_s == 1);
    return false;
}

static bool read_one(struct actor *actor, int64_t value) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, value);
    if (!is_answer(actor, pg_read(&actor->task, &rows, &twice, &params))) return false;
    expect(rows.n == 1 && pg_i64(&rows, 0, 0) == 2 * value);
    return true;
}

static enum err double_it(struct task *task, void *arg, struct pg_rows *rows) {
    int64_t *sum = arg;
    (void)task;
    *sum += pg_i64(rows, 0, 0);
    return ERR_OK;
}

/* In a transaction, and as a stream. */
static bool lease_one(struct actor *actor, int64_t value) {
    struct pg_params params = {.n = 0};
    struct pg_session *session;
    int64_t sum = 0;
    pg_param_i64(&params, value);
    enum err err = pg_lease(&actor->task, &session);
    if (err == ERR_OK) err = pg_session_execute(&actor->task, session, "BEGIN");
    if (err == ERR_OK) err = pg_session_stream(&actor->task, session, &twice, &params, double_it, &sum);
    if (session != NULL) pg_release(&actor->task, session);
    if (!is_answer(actor, err)) return false;
    expect(sum == 2 * value);
    return true;
}

static bool ask_one(struct actor *actor, int64_t value) {
    arena_reset(actor->task.arena);
    actor->task.deadline_ms = reactor_now_ms(scene.reactor) + FAR_MS;
    bool asked = actor->i % 4 == 0 ? lease_one(actor, value) : read_one(actor, value);
    *(asked ? &answered : &refused) += 1;
    return asked;
}

/* Until the server is back, and then until it answers. */
static void ask_on(struct actor *actor) {
    int64_t value = (int64_t)actor->i * 1000000;
    while (!atomic_load(&restarted)) {
        (void)ask_one(actor, ++value);
        reactor_sleep_ms(scene.reactor, 2);
    }
    if (!atomic_load(&came_back)) return;
    bool asked = false;
    for (int i = 0; i < CLUSTER_TRIES && !asked; i++) {
        asked = ask_one(actor, ++value);
        if (!asked) reactor_sleep_ms(scene.reactor, 10);
    }
    recovered += asked ? 1 : 0;
}

static void check_restart_by(int signal) {
    const struct pg_options options = {.url = cluster.url,
                                       .lanes = 4,
                                       .sessions = 3,
                                       .max_waiting = 1000,
                                       .statement_timeout_ms = FAR_MS,
                                       .connect_timeout_ms = FAR_MS};
    atomic_store(&restarted, false);
    answered = refused = recovered = 0;
    tell_keeper(signal, false);
    scene_open(&options);
    scene_run(ask_on, CROWD);
    assert_true(atomic_load(&came_back));
    expect(!pg_is_down(scene.pg));
    scene_close();
    assert_true(answered > CROWD && refused > 0);
    assert_int_equal(recovered, CROWD);
}

static void test_a_fast_shutdown_is_survived(void **state) {
    (void)state;
    check_restart_by(SIGINT);
}

static void test_an_immediate_shutdown_is_survived(void **state) {
    (void)state;
    check_restart_by(SIGQUIT);
}

static void test_a_killed_server_is_survived(void **state) {
    (void)state;
    check_restart_by(SIGKILL);
}

/* One backend is killed: the server throws all others out and starts again by itself. */
static void kill_a_backend(struct actor *actor) {
    char pid[CLUSTER_PATH_BYTES];
    static const char any_lane[] = "SELECT min(pid) FROM pg_stat_activity WHERE application_name = 'dappd lane'";
    expect(read_one(actor, 1));
    (void)cluster_ask(pid, any_lane);
    expect(kill((pid_t)strtol(pid, NULL, 10), SIGKILL) == 0);
    reactor_sleep_ms(scene.reactor, 1);
    for (int i = 0; i < CLUSTER_TRIES && !read_one(actor, i); i++) reactor_sleep_ms(scene.reactor, 10);
    expect(read_one(actor, 3));
}

static void test_a_killed_backend_is_survived(void **state) {
    (void)state;
    const struct pg_options options = {.url = cluster.url,
                                       .lanes = 2,
                                       .sessions = 1,
                                       .max_waiting = 100,
                                       .statement_timeout_ms = FAR_MS,
                                       .connect_timeout_ms = FAR_MS};
    scene_play(&options, kill_a_backend, 1);
}

/* A server that is stopped takes connections and says nothing. */
static void ask_a_silent_one(struct actor *actor) {
    uint64_t start_ms = reactor_now_ms(scene.reactor);
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_i64(&params, 1);
    expect(kill(cluster.server, SIGSTOP) == 0);
    actor->task.deadline_ms = start_ms + FAR_MS;
    expect(pg_read(&actor->task, &rows, &twice, &params) == ERR_INDEX_UNAVAILABLE);
    expect(pg_is_down(scene.pg));
    expect(kill(cluster.server, SIGCONT) == 0);
    bool back = false;
    for (int i = 0; i < CLUSTER_TRIES && !back; i++) {
        reactor_sleep_ms(scene.reactor, 10);
        back = pg_read(&actor->task, &rows, &twice, &params) == ERR_OK;
    }
    expect(back);
}

static void test_a_silent_server_is_waited_for_only_so_long(void **state) {
    (void)state;
    const struct pg_options options = {.url = cluster.url,
                                       .lanes = 2,
                                       .sessions = 1,
                                       .max_waiting = 100,
                                       .statement_timeout_ms = FAR_MS,
                                       .connect_timeout_ms = 100};
    scene_play(&options, ask_a_silent_one, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fast_shutdown_is_survived),
        cmocka_unit_test(test_an_immediate_shutdown_is_survived),
        cmocka_unit_test(test_a_killed_server_is_survived),
        cmocka_unit_test(test_a_killed_backend_is_survived),
        cmocka_unit_test(test_a_silent_server_is_waited_for_only_so_long),
    };
    return cmocka_run_group_tests(tests, start_keeper, end_keeper);
}
