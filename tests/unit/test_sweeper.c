/* The sweeper on a reactor: it sweeps at once, rests, and ends without waiting for its next time.
 * Owns a PostgreSQL and a reactor. One thread, besides libuv's own. */
#include "repos/accounts.h"
#include "rpc/rpc.h"
#include "sweeper.h"

enum { PATIENCE_TRIES = 2000 };

static struct sweeper *sweeper;

/* Until all coroutines have returned, the sweeper's own too. */
static void play(const struct pg_options *options, void (*fn)(struct actor *)) {
    scene_open(options);
    struct reactor_rpc *rpc = rpc_attach(scene.reactor);
    sweeper = sweeper_start(scene.reactor);
    scene_run(fn, 1);
    sweeper_free(sweeper);
    rpc_detach(rpc);
    scene_close();
}

static void await_and_stop(struct actor *actor) {
    char n[CLUSTER_PATH_BYTES] = "";
    for (int i = 0; i < PATIENCE_TRIES && strcmp(n, "1") != 0; i++) {
        (void)cluster_ask(n, "SELECT count(*) FROM spent_nonces");
        reactor_sleep_ms(actor->task.reactor, 5);
    }
    expect(strcmp(n, "1") == 0);
    sweeper_stop(sweeper);
}

static void test_it_sweeps_at_once_and_ends_when_told(void **state) {
    (void)state;
    (void)sql(conn,
              "INSERT INTO spent_nonces SELECT decode(md5(n::text), 'hex'), CASE WHEN n = 1 THEN 4000000000 ELSE n"
              " END FROM generate_series(1, 2500) n");
    const uint64_t begun_s = now_s();
    play(&accounts_pool, await_and_stop);
    assert_true(now_s() - begun_s < 60); /* its rest was cut short */
    assert_int_equal(count("spent_nonces"), 1);
}

static void stop(struct actor *actor) {
    (void)actor;
    sweeper_stop(sweeper);
}

static void test_it_ends_also_without_a_server(void **state) {
    (void)state;
    struct pg_options nowhere = accounts_pool;
    nowhere.url = "host=/nowhere";
    play(&nowhere, stop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        accounts_test(test_it_sweeps_at_once_and_ends_when_told),
        accounts_test(test_it_ends_also_without_a_server),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
