/* Memory that dies with a unit of work: a bump allocator over a chain of blocks. Owned by whoever made it; one thread.
 * With ARENA_MALLOC each piece is a malloc of its own, so that sanitizers see every overrun. */
#include "core/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ARENA_MALLOC
enum { FIRST_BLOCK_BYTES = 0 };
#else
enum { FIRST_BLOCK_BYTES = 4096 };
#endif
enum { MAX_BLOCK_BYTES = 256 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    max_align_t data[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *);
    void *object;
};

struct arena {
    size_t cap;
    size_t used;
    struct deferred *deferred; /* newest first */
    struct block *blocks;      /* newest first; the last one is kept by arena_reset */
};

static void push_block(struct arena *arena, size_t size) {
    struct block *block = malloc(sizeof *block + size);
    if (block == NULL) abort();
    *block = (struct block){.next = arena->blocks, .size = size};
    arena->blocks = block;
}

struct arena *arena_new(size_t cap_bytes) {
    struct arena *arena = malloc(sizeof *arena);
    if (arena == NULL) abort();
    *arena = (struct arena){.cap = cap_bytes};
    push_block(arena, FIRST_BLOCK_BYTES);
    return arena;
}

static void run_deferred(struct arena *arena) {
    while (arena->deferred != NULL) {
        struct deferred *d = arena->deferred;
        arena->deferred = d->next;
        d->release(d->object);
    }
}

void arena_reset(struct arena *arena) {
    run_deferred(arena);
    while (arena->blocks->next != NULL) {
        struct block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->blocks->used = 0;
    arena->used = 0;
}

void arena_free(struct arena *arena) {
    if (arena == NULL) return;
    arena_reset(arena);
    free(arena->blocks);
    free(arena);
}

/* A block big enough for size bytes: blocks double, so that a large request costs few mallocs. */
static struct block *block_for(struct arena *arena, size_t size) {
    struct block *block = arena->blocks;
    if (size <= block->size - block->used) return block;
    size_t want = size;
    if (FIRST_BLOCK_BYTES > 0) {
        size_t doubled = block->size < MAX_BLOCK_BYTES / 2 ? block->size * 2 : MAX_BLOCK_BYTES;
        if (want < doubled) want = doubled;
    }
    push_block(arena, want);
    return arena->blocks;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size > PTRDIFF_MAX) return NULL; /* no object is larger; rounding and headers cannot wrap */
    /* Under ARENA_MALLOC the piece ends where the caller's bytes end. */
    size_t rounded = FIRST_BLOCK_BYTES > 0 ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : size;
    if (rounded > arena->cap || arena->used > arena->cap - rounded) return NULL;
    struct block *block = block_for(arena, rounded);
    void *p = (char *)block->data + block->used;
    block->used += rounded;
    arena->used += rounded;
    memset(p, 0, size);
    return p;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len) {
    char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;
    if (copy != NULL && len > 0) memcpy(copy, text, len);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len >= 0 ? arena_alloc(arena, (size_t)len + 1) : NULL;
    if (text != NULL) (void)vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

bool arena_defer(struct arena *arena, void (*release)(void *), void *object) {
    struct deferred *d = arena_alloc(arena, sizeof *d);
    if (d == NULL) {
        release(object);
        return false;
    }
    *d = (struct deferred){.next = arena->deferred, .release = release, .object = object};
    arena->deferred = d;
    return true;
}

bool arena_charge(struct arena *arena, size_t size) {
    if (size > arena->cap || arena->used > arena->cap - size) return false;
    arena->used += size;
    return true;
}

size_t arena_used(const struct arena *arena) {
    return arena->used;
}
