/* Work in straight lines that can be cut short from outside. Owned by whoever runs the coroutine.
 * On the indexer's thread. */
#include "job.h"

#include "rpc/rpc.h"

void job_init(struct job *job, struct reactor *reactor, const char *name, size_t arena_bytes) {
    *job = (struct job){.reactor = reactor, .arena = arena_new(arena_bytes), .name = name};
    waiter_init(&job->rest, reactor);
}

void job_free(struct job *job) {
    arena_free(job->arena);
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
