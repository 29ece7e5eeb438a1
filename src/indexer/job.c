/* Work in straight lines that can be cut short from outside. Owned by whoever runs the coroutine.
 * On its reactor's thread. */
#include "indexer/job.h"

#include "repos/pg.h"
#include "rpc/rpc.h"

enum { CUT_MS = 20 };

void job_init(struct job *job, struct reactor *reactor, const char *name, size_t arena_bytes) {
    *job = (struct job){.reactor = reactor, .arena = arena_new(arena_bytes), .name = name};
    waiter_init(&job->rest, reactor);
}

void job_free(struct job *job) {
    arena_free(job->arena);
}

static void run(void *arg) {
    struct job *job = arg;
    job->work(job->arg);
    job->ended = true;
}

void job_start(struct job *job, void (*work)(void *arg), void *arg) {
    job->work = work;
    job->arg = arg;
    reactor_spawn(job->reactor, run, job);
}

static void stop(void *arg) {
    struct job *job = arg;
    while (!job->ended) {
        job_cut_short(job);
        reactor_sleep_ms(job->reactor, CUT_MS);
    }
}

void job_stop(struct job *job) {
    job->ending = true;
    reactor_spawn(job->reactor, stop, job);
}

struct task *job_begin(struct job *job, uint64_t limit_ms) {
    arena_reset(job->arena);
    job->task = (struct task){.reactor = job->reactor, .arena = job->arena, .name = job->name};
    job_limit(job, limit_ms);
    return &job->task;
}

void job_limit(struct job *job, uint64_t limit_ms) {
    job->task.deadline_ms = job->ending ? 0 : reactor_now_ms(job->reactor) + limit_ms;
}

void job_rest(struct job *job, uint64_t ms) {
    if (job->ending) return;
    waiter_init(&job->rest, job->reactor);
    enum err err = waiter_wait(&job->rest, reactor_now_ms(job->reactor) + ms);
    (void)err; /* either way, it looks again */
}

void job_wake(struct job *job) {
    waiter_wake(&job->rest, ERR_OK);
}

void job_end(struct job *job) {
    job->ending = true;
    job_wake(job);
    if (job->task.reactor == NULL) return; /* it has not begun anything */
    job->task.deadline_ms = 0;
    rpc_cancel(&job->task);
}

void job_cut_short(struct job *job) {
    struct pg *pg = job->task.reactor != NULL ? pg_of(&job->task) : NULL;
    job_end(job);
    if (pg != NULL) pg_cut_short(pg);
}
