/* Tells sanitizers and valgrind about stacks that we switch by ourselves; compiles to nothing without them.
 * Used by coroutine.c only, on the thread that switches. */
#ifndef DAPPD_CORE_FIBER_HOOKS_H
#define DAPPD_CORE_FIBER_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#elif __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#endif

#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define FIBER_VALGRIND 1
#endif

/* One side of a switch: the loop's own stack or a coroutine's. */
struct fiber {
    const void *stack; /* lowest byte; the loop's is learned at each switch away from it */
    size_t stack_bytes;
    void *asan_fake_stack;
    void *tsan_fiber;
    unsigned valgrind_stack;
};

static inline void fiber_init(struct fiber *fiber, void *stack, size_t stack_bytes) {
    *fiber = (struct fiber){.stack = stack, .stack_bytes = stack_bytes};
#ifdef FIBER_TSAN
    fiber->tsan_fiber = stack == NULL ? __tsan_get_current_fiber() : __tsan_create_fiber(0);
#endif
#ifdef FIBER_VALGRIND
    if (stack != NULL) fiber->valgrind_stack = VALGRIND_STACK_REGISTER(stack, (char *)stack + stack_bytes);
#endif
}

static inline void fiber_destroy(struct fiber *fiber) {
#ifdef FIBER_TSAN
    __tsan_destroy_fiber(fiber->tsan_fiber);
#endif
#ifdef FIBER_VALGRIND
    VALGRIND_STACK_DEREGISTER(fiber->valgrind_stack);
#endif
    (void)fiber;
}

/* Just before the switch, on the stack that is left. In: done, nothing on it is needed any more: ASan then frees the
 * fake stack where it keeps locals to catch their use after return. */
static inline void fiber_leave(struct fiber *from, const struct fiber *to, bool done) {
#ifdef FIBER_ASAN
    from->asan_fake_stack = NULL;
    __sanitizer_start_switch_fiber(done ? NULL : &from->asan_fake_stack, to->stack, to->stack_bytes);
#endif
#ifdef FIBER_TSAN
    __tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
    (void)from;
    (void)to;
    (void)done;
}

/* Just after the switch, on the stack that was entered. No locals here: ASan would keep them on the fake stack that
 * fiber_leave may have freed. */
static inline void fiber_enter(struct fiber *to, struct fiber *from) {
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(to->asan_fake_stack, &from->stack, &from->stack_bytes);
#endif
    (void)to;
    (void)from;
}

#endif
