/* The running program: what its threads share. Made by app.c before the first thread starts and freed after the last
 * has ended; workers run requests (worker.c), the index thread fills and watches indexes (index_thread.c). */
#ifndef DAPPD_RUNTIME_H
#define DAPPD_RUNTIME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "app.h"
#include "core/listen_address.h"
#include "core/reactor.h"

struct worker;
struct index_thread;

struct runtime {
    struct app app;
    bool serves;        /* takes requests; else it only indexes */
    bool migrated;      /* before the threads started: the database can be used from the beginning */
    size_t connections; /* that clients may have */
    struct listen_address address;
    struct worker *workers;            /* app.threads of them */
    struct index_thread *index_thread; /* NULL without a database */
    uv_barrier_t started;              /* all reactors exist: posts may begin */
    atomic_uint draining;              /* threads that still have work to end */
};

/* In: fds, a listening socket for each worker, or NULL. */
struct worker *workers_new(struct runtime *runtime, const int *fds);

/* Runs until a signal and the orderly end after it. Worker 0 is the calling thread. */
void workers_run(struct worker *workers);
void workers_free(struct worker *workers);

/* Any thread: every worker gets its connections to the database, which is ready. */
void workers_attach_database(struct runtime *runtime);

struct index_thread *index_thread_start(struct runtime *runtime);

/* Any thread: ends the indexers, then itself, and counts itself off `draining`. */
void index_thread_end(struct index_thread *thread);

/* Waits for the end; its reactor exists until it is freed. */
void index_thread_join(struct index_thread *thread);
void index_thread_free(struct index_thread *thread);

/* Returns how many connections clients may have, beside all that dappd itself opens; 0: too few to start. */
size_t descriptors_allow(const struct runtime *runtime);

/* Before any thread counts. */
void labels_set(const struct config *config);

#endif
