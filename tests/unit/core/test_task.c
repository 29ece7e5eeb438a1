/* Faults and parallel children: what a child gets from its parent, and what may not come back.
 * Each test runs one parent task on a reactor of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/task.h"

static struct reactor *reactor;

static int make_reactor(void **state) {
    (void)state;
    reactor = reactor_new(0);
    return 0;
}

static int free_reactor(void **state) {
    (void)state;
    reactor_free(reactor);
    return 0;
}

/* What does not hold inside a coroutine, which cmocka cannot jump out of. */
static int broken;

static void check_at(bool holds, const char *what, int line) {
    if (holds) return;
    print_error("%s:%d: %s\n", __FILE__, line, what);
    broken++;
}
#define check(condition) check_at((condition), #condition, __LINE__)

enum { ARENA_BYTES = 16 * 1024 * 1024 };

/* Runs body(task) as a task on a coroutine, to its end. */
struct parent {
    struct task task;
    void (*body)(struct task *task);
};

static void run_parent(void *arg) {
    struct parent *parent = arg;
    parent->body(&parent->task);
}

static struct task run_task(void (*body)(struct task *task), size_t arena_bytes) {
    struct parent parent = {.body = body};
    parent.task = (struct task){.reactor = reactor,
                                .arena = arena_new(arena_bytes),
                                .deadline_ms = UINT64_MAX,
                                .trace.trace_id = "0123456789abcde",
                                .name = "test"};
    reactor_spawn(reactor, run_parent, &parent);
    reactor_stop(reactor);
    reactor_run(reactor);
    arena_free(parent.task.arena);
    assert_int_equal(broken, 0);
    return parent.task;
}

static void test_a_fault_has_all_its_parts(void **state) {
    (void)state;
    struct task task = {.fault.retry_after_s = 7};
    assert_int_equal(task_fail(&task, ERR_NOT_FOUND, "no %s at %d", "block", 5), ERR_NOT_FOUND);
    assert_int_equal(task.fault.line, __LINE__ - 1);
    assert_string_equal(task.fault.file, __FILE__);
    assert_int_equal(task.fault.code, ERR_NOT_FOUND);
    assert_string_equal(task.fault.detail, "no block at 5");
    assert_int_equal(task.fault.retry_after_s, 0); /* the last fault's is not this one's */
}

static void test_a_detail_may_quote_the_last_one(void **state) {
    (void)state;
    struct task task = {.rpc_calls = 0};
    (void)task_fail(&task, ERR_TIMEOUT, "inner");
    (void)task_fail(&task, ERR_INTERNAL, "outer: %s", task.fault.detail);
    assert_string_equal(task.fault.detail, "outer: inner");
}

static void test_a_detail_is_clean_text(void **state) {
    (void)state;
    struct task task = {.rpc_calls = 0};
    (void)task_fail(&task, ERR_INTERNAL, "a%sb", "\n\x01\x7f\xff\xc3\x28\xe2\x82");
    assert_null(strpbrk(task.fault.detail, "\n\x01\x7f\xff\xc3\xe2\x82"));
    assert_int_equal(task.fault.detail[0], 'a');
    assert_int_equal(task.fault.detail[strlen(task.fault.detail) - 1], 'b');
}

/* Whatever the offset, the cut never goes through a character. */
static void test_a_long_detail_is_cut_between_characters(void **state) {
    (void)state;
    char text[3 * 400 + 1] = "";
    for (int i = 0; i < 400; i++) memcpy(text + 3 * i, "\xe2\x82\xac", 4);
    for (int shift = 0; shift < 6; shift++) {
        struct task task = {.rpc_calls = 0};
        (void)task_fail(&task, ERR_INTERNAL, "%.*s%s", shift, "abcdef", text);
        size_t len = strlen(task.fault.detail);
        assert_true(len < TASK_DETAIL_BYTES && len >= TASK_DETAIL_BYTES - 3);
        assert_int_equal((len - (size_t)shift) % 3, 0);
        assert_memory_equal(task.fault.detail + shift, text, len - (size_t)shift);
    }
}

/* Counts how many children there are at once, and who came. */
static struct {
    size_t now, most, runs;
    uint64_t seen; /* bit i: child i ran */
} crowd;

static void join_crowd(struct task *child, void *arg, size_t i) {
    (void)arg;
    crowd.runs++;
    crowd.seen |= UINT64_C(1) << (i % 64);
    if (++crowd.now > crowd.most) crowd.most = crowd.now;
    reactor_sleep_ms(child->reactor, 10);
    crowd.now--;
}

static void gather_64(struct task *task) {
    task_parallel(task, 64, join_crowd, NULL);
    check(crowd.now == 0); /* all have returned */
}

static void test_children_run_at_the_same_time(void **state) {
    (void)state;
    memset(&crowd, 0, sizeof crowd);
    (void)run_task(gather_64, ARENA_BYTES);
    assert_int_equal(crowd.runs, 64);
    assert_int_equal(crowd.most, 64);
    assert_true(crowd.seen == UINT64_MAX);
}

/* Without memory for children the work is done all the same. */
static void test_without_memory_children_run_one_by_one(void **state) {
    (void)state;
    memset(&crowd, 0, sizeof crowd);
    (void)run_task(gather_64, 64);
    assert_int_equal(crowd.runs, 64);
    assert_int_equal(crowd.most, 1);
    assert_true(crowd.seen == UINT64_MAX);
}

static void gather_nobody(struct task *task) {
    task_parallel(task, 0, join_crowd, NULL);
}

static void test_no_children(void **state) {
    (void)state;
    memset(&crowd, 0, sizeof crowd);
    (void)run_task(gather_nobody, ARENA_BYTES);
    assert_int_equal(crowd.runs, 0);
}

static void return_at_once(struct task *child, void *arg, size_t i) {
    (void)child;
    (void)i;
    ++*(size_t *)arg;
}

static size_t returned;

static void gather_a_thousand(struct task *task) {
    task_parallel(task, 1000, return_at_once, &returned);
    check(returned == 1000);
}

static void test_children_that_do_not_wait(void **state) {
    (void)state;
    returned = 0;
    (void)run_task(gather_a_thousand, ARENA_BYTES);
    assert_int_equal(returned, 1000);
}

/* What follows holds for one child as for many, and when there is no memory for children. */
static const struct {
    size_t children;
    size_t arena_bytes;
} shapes[] = {{1, ARENA_BYTES}, {2, ARENA_BYTES}, {20, ARENA_BYTES}, {1, 64}, {20, 64}};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static size_t n_children;

static void fail_in_child(struct task *child, void *arg, size_t i) {
    (void)arg;
    check(child->fault.code == ERR_OK && child->fault.detail[0] == '\0'); /* not the parent's, not a sibling's */
    (void)task_fail(child, ERR_NOT_FOUND, "child %zu", i);
    reactor_sleep_ms(child->reactor, i % 3);
    char want[32];
    (void)snprintf(want, sizeof want, "child %zu", i);
    check(child->fault.code == ERR_NOT_FOUND && strcmp(child->fault.detail, want) == 0); /* still its own */
}

static void parent_without_fault(struct task *task) {
    task_parallel(task, n_children, fail_in_child, NULL);
    check(task->fault.code == ERR_OK && task->fault.detail[0] == '\0');
}

static void parent_with_fault(struct task *task) {
    (void)task_fail(task, ERR_TIMEOUT, "the parent's own");
    task_parallel(task, n_children, fail_in_child, NULL);
    check(task->fault.code == ERR_TIMEOUT && strcmp(task->fault.detail, "the parent's own") == 0);
}

static void test_faults_stay_with_whom_they_happened_to(void **state) {
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        n_children = shapes[i].children;
        (void)run_task(parent_without_fault, shapes[i].arena_bytes);
        (void)run_task(parent_with_fault, shapes[i].arena_bytes);
    }
}

static void check_inheritance(struct task *child, void *arg, size_t i) {
    const struct task *parent = arg;
    (void)i;
    check(child->arena == parent->arena && child->reactor == parent->reactor && child->name == parent->name);
    check(memcmp(&child->trace, &parent->trace, sizeof child->trace) == 0);
    check(child->deadline_ms == parent->deadline_ms);
    child->deadline_ms = 1; /* a child may shorten its own time */
    child->trace.span_id[0] = (uint8_t)(i + 1);
}

static void check_children(struct task *task) {
    task->deadline_ms = 123456;
    task_parallel(task, n_children, check_inheritance, task);
    check(task->deadline_ms == 123456 && task->trace.span_id[0] == 0);
}

static void test_children_inherit_and_give_nothing_back(void **state) {
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        n_children = shapes[i].children;
        (void)run_task(check_children, shapes[i].arena_bytes);
    }
}

/* The first child makes as many calls as there are children, the last makes one; each call takes 3 ms of node time. */
static void spend(struct task *child, void *arg, size_t i) {
    (void)arg;
    check(child->rpc_calls == 0 && child->rpc_us == 0);
    reactor_sleep_ms(child->reactor, 5);
    child->rpc_calls += (uint32_t)(n_children - i);
    child->rpc_us += 3000 * (n_children - i);
}

static void spend_in_children(struct task *task) {
    task->rpc_calls = 100;
    task->rpc_us = 1000000;
    task_parallel(task, n_children, spend, NULL);
}

/* Calls add up. Children at the same time wait at the same time, so the longest wait is what the parent waited;
 * children one after the other wait one after the other. Time without calls is no node's. */
static void test_cost_comes_back(void **state) {
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        n_children = shapes[i].children;
        struct task task = run_task(spend_in_children, shapes[i].arena_bytes);
        size_t calls = n_children * (n_children + 1) / 2;
        bool at_once = shapes[i].arena_bytes == ARENA_BYTES;
        assert_int_equal(task.rpc_calls, 100 + calls);
        assert_int_equal(task.rpc_us, 1000000 + 3000 * (at_once ? n_children : calls));
    }
}

static void nest(struct task *child, void *arg, size_t i) {
    size_t level = *(const size_t *)arg;
    if (level == 0) {
        reactor_sleep_ms(child->reactor, i);
        child->rpc_calls++;
        (void)task_fail(child, ERR_INTERNAL, "leaf");
        return;
    }
    size_t below = level - 1;
    char *mark = arena_strndup(child->arena, "mark", 4);
    task_parallel(child, 6, nest, &below);
    check(strcmp(mark, "mark") == 0 && child->fault.code == ERR_OK);
}

static void nest_three_levels(struct task *task) {
    size_t levels = 3;
    task_parallel(task, 6, nest, &levels);
}

static void test_children_have_children(void **state) {
    (void)state;
    struct task task = run_task(nest_three_levels, ARENA_BYTES);
    assert_int_equal(task.rpc_calls, 6 * 6 * 6 * 6);
    assert_int_equal(task.fault.code, ERR_OK);
}

enum { CROWD = 50, ROOM = 8 };

static size_t at_once, most_at_once, ended;

static void sleep_and_count(struct task *task, void *arg, size_t i) {
    (void)arg;
    (void)i;
    if (++at_once > most_at_once) most_at_once = at_once;
    reactor_sleep_ms(task->reactor, 1);
    at_once--;
    ended++;
}

static void start_a_crowd(struct task *task) {
    task_parallel(task, CROWD, sleep_and_count, NULL);
}

/* The parent's own coroutine takes over what there is no room for, so all children run, never more than fit. */
static void test_children_beyond_the_room_run_in_turn(void **state) {
    (void)state;
    at_once = most_at_once = ended = 0;
    reactor_set_room(reactor, ROOM);
    (void)run_task(start_a_crowd, ARENA_BYTES);
    assert_int_equal(ended, CROWD);
    assert_int_equal(most_at_once, ROOM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fault_has_all_its_parts),
        cmocka_unit_test(test_a_detail_may_quote_the_last_one),
        cmocka_unit_test(test_a_detail_is_clean_text),
        cmocka_unit_test(test_a_long_detail_is_cut_between_characters),
        cmocka_unit_test_setup_teardown(test_children_run_at_the_same_time, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_without_memory_children_run_one_by_one, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_no_children, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_children_that_do_not_wait, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_faults_stay_with_whom_they_happened_to, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_children_inherit_and_give_nothing_back, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_cost_comes_back, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_children_have_children, make_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(test_children_beyond_the_room_run_in_turn, make_reactor, free_reactor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
