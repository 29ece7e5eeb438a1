/* Coroutines with a task each, on one reactor, with a pool of connections if the test wants one. cmocka leaves a failed
 * test by longjmp, which no coroutine survives: what does not hold is noted, and told when all have returned.
 * Owns the reactor, the pool and the tasks of one test. One thread. */
#ifndef DAPPD_TESTS_SCENE_H
#define DAPPD_TESTS_SCENE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "repos/pg.h"

enum { FAR_MS = 60000, ARENA_BYTES = 4 * 1024 * 1024 };

struct scene {
    struct reactor *reactor;
    struct pg *pg;
    const char *wrong; /* the first thing that did not hold */
    int line;
};

static struct scene scene;

#define expect(condition) \
    do { \
        if (!(condition) && scene.wrong == NULL) { \
            scene.wrong = #condition; \
            scene.line = __LINE__; \
        } \
    } while (0)

/* One coroutine of the scene. */
struct actor {
    struct task task;
    void (*play)(struct actor *actor);
    size_t i;
};

static void scene_open(const struct pg_options *options) {
    scene = (struct scene){.reactor = reactor_new(0)};
    if (options != NULL) scene.pg = pg_attach(scene.reactor, options);
}

static void act(void *arg) {
    struct actor *actor = arg;
    actor->task = (struct task){.reactor = scene.reactor, .arena = arena_new(ARENA_BYTES), .name = "test"};
    actor->task.deadline_ms = reactor_now_ms(scene.reactor) + FAR_MS;
    actor->play(actor);
    arena_free(actor->task.arena);
}

/* Runs n coroutines side by side until all have returned. */
static void scene_run(void (*play)(struct actor *), size_t n) {
    struct actor *actors = calloc(n, sizeof *actors);
    for (size_t i = 0; i < n; i++) {
        actors[i] = (struct actor){.play = play, .i = i};
        reactor_spawn(scene.reactor, act, &actors[i]);
    }
    reactor_stop(scene.reactor);
    reactor_run(scene.reactor);
    free(actors);
}

static void scene_close(void) {
    if (scene.pg != NULL) pg_detach(scene.pg);
    reactor_free(scene.reactor);
    pg_finish();
    if (scene.wrong != NULL) fail_msg("line %d: %s", scene.line, scene.wrong);
}

static inline void scene_play(const struct pg_options *options, void (*play)(struct actor *), size_t n) {
    scene_open(options);
    scene_run(play, n);
    scene_close();
}

#endif
