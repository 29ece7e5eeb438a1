/* A coroutine that works for as long as the process runs: its memory, the task it is on, and its rests. Owned by
 * whoever starts the coroutine; its reactor's thread. */
#ifndef DAPPD_INDEXER_JOB_H
#define DAPPD_INDEXER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"

struct job {
    struct reactor *reactor;
    struct arena *arena;
    struct task task;
    struct waiter rest;
    void (*work)(void *arg);
    void *arg;
    bool ending; /* it is to come to its end: every wait is over at once */
    bool ended;  /* what job_start has started has returned */
    const char *name;
};

void job_init(struct job *job, struct reactor *reactor, const char *name, size_t arena_bytes);
void job_free(struct job *job);

/* Runs work(arg) in a coroutine of its own; it returns soon once `ending` is true. */
void job_start(struct job *job, void (*work)(void *arg), void *arg);

/* The process is to end: cuts short what job_start has started until it has ended, and what else the reactor asks the
 * database for. It ends on its own: the reactor waits for it. */
void job_stop(struct job *job);

/* The next piece of work: what was allocated for the last one is gone, the time begins anew. */
struct task *job_begin(struct job *job, uint64_t limit_ms);

/* The same piece of work gets this long from now on. */
void job_limit(struct job *job, uint64_t limit_ms);

/* Suspends the job's coroutine until job_wake, or for that long. */
void job_rest(struct job *job, uint64_t ms);
void job_wake(struct job *job);

/* From another coroutine: it is to end, and what it waits for is cut short, other than the database. Again and again
 * until it has ended: what is begun after a failure is not known here. */
void job_end(struct job *job);

/* The same at the end of the process, with all that the reactor asks the database for. */
void job_cut_short(struct job *job);

#endif
