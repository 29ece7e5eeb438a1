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

struct task task_child(const struct task *parent) {
    struct task child = *parent;
    child.parent = parent;
    child.fault = (struct fault){.code = ERR_OK};
    child.rpc_us = 0;
    child.rpc_calls = 0;
    child.db_us = 0;
    child.db_queries = 0;
    return child;
}

bool task_is_within(const struct task *task, const struct task *ancestor) {
    while (task != NULL && task != ancestor) task = task->parent;
    return task != NULL;
}

/* On the parent's coroutine: for a single child, and for more when there is no memory for them. */
static void run_in_turn(struct task *parent, size_t n, task_fn fn, void *arg) {
    for (size_t i = 0; i < n; i++) {
        struct task child = task_child(parent);
        fn(&child, arg, i);
        parent->rpc_calls += child.rpc_calls;
        parent->rpc_us += child.rpc_us;
        parent->db_queries += child.db_queries;
        parent->db_us += child.db_us;
    }
}

/* They waited at the same time: the parent waited as long as the longest. */
static void add_cost(struct task *parent, const struct child *children, size_t n) {
    uint64_t longest_rpc_us = 0, longest_db_us = 0;
    for (size_t i = 0; i < n; i++) {
        const struct task *task = &children[i].task;
        parent->rpc_calls += task->rpc_calls;
        parent->db_queries += task->db_queries;
        if (task->rpc_us > longest_rpc_us) longest_rpc_us = task->rpc_us;
        if (task->db_us > longest_db_us) longest_db_us = task->db_us;
    }
    parent->rpc_us += longest_rpc_us;
    parent->db_us += longest_db_us;
}

void task_parallel(struct task *parent, size_t n, task_fn fn, void *arg) {
    struct child *children = n > 1 ? arena_alloc(parent->arena, n * sizeof *children) : NULL;
    if (children == NULL) {
        run_in_turn(parent, n, fn, arg);
        return;
    }
    struct group group = {.left = n, .fn = fn, .arg = arg};
    waiter_init(&group.all_done, parent->reactor);
    for (size_t i = 0; i < n; i++) {
        children[i] = (struct child){.task = task_child(parent), .group = &group, .i = i};
        if (reactor_has_room(parent->reactor)) {
            reactor_spawn(parent->reactor, run_child, &children[i]);
        } else {
            run_child(&children[i]); /* on this coroutine, one after the other */
        }
    }
    enum err err = waiter_wait(&group.all_done, UINT64_MAX); /* each child keeps the deadline itself */
    (void)err;
    add_cost(parent, children, n);
}
