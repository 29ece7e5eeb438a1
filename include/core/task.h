/* A unit of work on one reactor: a request, or a background job such as following a chain's head. It carries down
 * through the layers what every layer needs: memory, deadline, the error's detail, trace and cost. One thread. */
#ifndef DAPPD_CORE_TASK_H
#define DAPPD_CORE_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/reactor.h"

enum { TASK_DETAIL_BYTES = 256 };

/* Why it failed: code, the public detail of this occurrence, where in our code, and when a retry makes sense. */
struct fault {
    enum err code;
    char detail[TASK_DETAIL_BYTES]; /* UTF-8, shown to clients: never upstream text, URLs, SQL */
    const char *file;
    int line;
    int retry_after_s;  /* 0: unknown */
    const char *revert; /* what a contract reverted with, as JSON text in the task's arena; NULL: nothing is known */
    size_t revert_len;
};

/* W3C trace context. */
struct trace {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags;
};

struct task {
    struct reactor *reactor;
    struct arena *arena;
    uint64_t deadline_ms; /* reactor_now_ms clock */
    struct fault fault;
    struct trace trace;
    uint64_t rpc_us;           /* time spent waiting for nodes, and for others who ask them */
    uint32_t rpc_calls;        /* JSON-RPC calls made; of reads that left with others', one for each batch */
    uint64_t db_us;            /* time spent waiting for the database */
    uint32_t db_queries;       /* commands sent to it */
    const char *name;          /* for logs: "request", "head" */
    const struct task *parent; /* whose work this does a part of, or NULL */
};

/* Returns a task that does a part of the parent's work: its fault and its cost start anew, the rest is the parent's. */
struct task task_child(const struct task *parent);

/* Returns true when it does a part of the ancestor's work, or is the ancestor. */
bool task_is_within(const struct task *task, const struct task *ancestor);

/* Records what went wrong and returns code, so that a caller writes `return task_fail(task, ERR_X, "...", ...)`.
 * The format's result is public. Control characters and broken UTF-8 in it are replaced. */
#define task_fail(task, code, ...) task_fail_at((task), (code), __FILE__, __LINE__, __VA_ARGS__)
enum err task_fail_at(struct task *task, enum err code, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The arena's cap is passed. */
#define task_fail_memory(task) task_fail((task), ERR_OVERLOADED, "the request needs too much memory")

/* Runs fn(child, arg, i) for i in 0..n-1, each on a coroutine of its own with a fault of its own and the parent's
 * arena, deadline and trace; returns when all have returned. Their cost is added to the parent's. */
typedef void (*task_fn)(struct task *child, void *arg, size_t i);
void task_parallel(struct task *parent, size_t n, task_fn fn, void *arg);

#endif
