/* Work off the loop: its coroutine waits for it, the loop does not.
 * Each test makes its reactor and frees it.
 * Runs on the main thread and libuv's pool. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "core/work.h"

enum { FAR_S = 60 };

/* Something to be done that others on the loop have to come before. */
struct errand {
    struct reactor *reactor;
    sem_t others; /* have come */
    bool elsewhere;
    bool in_time;
    bool waited;
};

static pthread_t loop_thread;

static void wait_for_others(void *arg) {
    struct errand *errand = arg;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FAR_S;
    errand->elsewhere = !pthread_equal(pthread_self(), loop_thread);
    errand->in_time = errand->elsewhere && sem_timedwait(&errand->others, &until) == 0;
}

static void do_errand(void *arg) {
    struct errand *errand = arg;
    work_run(errand->reactor, wait_for_others, errand);
    errand->waited = errand->in_time;
}

static void come(void *arg) {
    struct errand *errand = arg;
    assert_false(errand->waited);
    (void)sem_post(&errand->others);
}

/* More than the pool has threads: those that come last wait for one. */
static void test_the_loop_goes_on_meanwhile(void **state) {
    (void)state;
    struct errand errands[10];
    struct reactor *reactor = reactor_new(0);
    loop_thread = pthread_self();
    for (size_t i = 0; i < 10; i++) {
        errands[i] = (struct errand){.reactor = reactor};
        assert_int_equal(sem_init(&errands[i].others, 0, 0), 0);
        reactor_spawn(reactor, do_errand, &errands[i]);
    }
    for (size_t i = 0; i < 10; i++) reactor_post(reactor, come, &errands[i]);
    reactor_stop(reactor); /* which waits for all of it */
    reactor_run(reactor);
    for (size_t i = 0; i < 10; i++) {
        assert_true(errands[i].elsewhere && errands[i].in_time && errands[i].waited);
        assert_int_equal(sem_destroy(&errands[i].others), 0);
    }
    reactor_free(reactor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_loop_goes_on_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
