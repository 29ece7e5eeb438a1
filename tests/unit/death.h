/* Calls what must stop the process: an assert that watches for a bug of ours is tested like any other promise.
 * Owns the child process for as long as a call takes.
 * Tests only, one thread: the child is a fork. */
#ifndef DAPPD_TESTS_DEATH_H
#define DAPPD_TESTS_DEATH_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEATH_LIMIT_S = 60 };

/* Returns what waitpid says of a child that ran fn, silently and without a core dump; 0 when fn returned. */
static inline int death_status(void (*fn)(void)) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        (void)alarm(DEATH_LIMIT_S);
        fn();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* fn must fail an assert or abort. */
static inline void assert_aborts(void (*fn)(void)) {
    int status = death_status(fn);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

#endif
