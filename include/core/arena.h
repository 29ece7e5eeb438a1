/* Memory of one unit of work: everything allocated from an arena dies with it, at once.
 * Owned by whoever made it; used on one thread. Debug builds (ARENA_MALLOC) back every piece with malloc, so that
 * ASan sees each overrun. */
#ifndef DAPPD_CORE_ARENA_H
#define DAPPD_CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* In: cap_bytes, the most it will ever hand out. Aborts when the machine has no memory. */
struct arena *arena_new(size_t cap_bytes);

/* Runs the deferred releases in reverse order, then frees everything. NULL is allowed. */
void arena_free(struct arena *arena);

/* Like arena_free, but keeps the arena (and its first block) for the next unit of work. */
void arena_reset(struct arena *arena);

/* Returns zeroed memory aligned for any type, or NULL once the cap is passed. */
void *arena_alloc(struct arena *arena, size_t size);

/* Returns a copy with a NUL behind it, or NULL once the cap is passed. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);

/* Returns the formatted text, or NULL once the cap is passed. */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Calls release(object) when the arena is freed or reset. Returns false once the cap is passed: then the object is
 * released at once, so the caller has nothing to undo. */
bool arena_defer(struct arena *arena, void (*release)(void *), void *object) __attribute__((warn_unused_result));

/* Counts bytes that live outside against the cap. Returns false, and counts nothing, when they do not fit. */
bool arena_charge(struct arena *arena, size_t size) __attribute__((warn_unused_result));

/* Bytes handed out or charged so far. */
size_t arena_used(const struct arena *arena);

#endif
