/* Faults and parallel children of a unit of work. A task is owned by whoever runs its coroutine; one thread. */
#include "core/task.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

enum err task_fail_at(struct task *task, enum err code, const char *file, int line, const char *format, ...) {
    char text[TASK_DETAIL_BYTES * 2];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t n = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    task->fault = (struct fault){.code = code, .file = file, .line = line};
    (void)utf8_clean(task->fault.detail, sizeof task->fault.detail, text, n);
    return code;
}

struct group {
    struct waiter all_done;
    size_t left;
    task_fn fn;
    void *arg;
};

struct child {
    struct task task;
    struct group *group;
    size_t i;
};

static void run_child(void *arg) {
    struct child *child = arg;
    struct group *group = child->group;
    group->fn(&child->task, group->arg, child->i);
    if (--group->left == 0) waiter_wake(&group->all_done, ERR_OK);
}

void task_parallel(struct task *parent, size_t n, task_fn fn, void *arg) {
    if (n == 0) return;
    struct group group = {.left = n, .fn = fn, .arg = arg};
    waiter_init(&group.all_done, parent->reactor);
    struct child *children = arena_alloc(parent->arena, n * sizeof *children);
    if (children == NULL || n == 1) {
        /* Without memory for children the work is still done, one after the other. */
        for (size_t i = 0; i < n; i++) fn(parent, arg, i);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        children[i] = (struct child){.task = *parent, .group = &group, .i = i};
        children[i].task.rpc_calls = 0;
        reactor_spawn(parent->reactor, run_child, &children[i]);
    }
    uint64_t start_ms = reactor_now_ms(parent->reactor);
    enum err err = waiter_wait(&group.all_done, UINT64_MAX); /* each child keeps the deadline itself */
    (void)err;
    for (size_t i = 0; i < n; i++) parent->rpc_calls += children[i].task.rpc_calls;
    parent->rpc_us += (reactor_now_ms(parent->reactor) - start_ms) * 1000;
}
