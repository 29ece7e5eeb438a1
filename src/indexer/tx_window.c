/* Blocks are asked for by hash, each as the parent that its child names, so that a node which follows a fork of its own
 * has no say. In most rounds the head names its parent, and nothing is asked at all.
 * Owned by the follower of transactions; its coroutine. */
#include "tx_window.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/logs.h"

enum {
    MAX_WALK = 64, /* from a head that is further away the window begins anew */
    MAX_STEPS = 64 /* below, at a time */
};

void tx_window_init(struct tx_window *window) {
    *window = (struct tx_window){.blocks = calloc(TX_WINDOW_MAX, sizeof *window->blocks)};
    if (window->blocks == NULL) abort();
}

void tx_window_free(struct tx_window *window) {
    free(window->blocks);
    *window = (struct tx_window){.blocks = NULL};
}

const struct block_ref *tx_window_at(const struct tx_window *window, uint64_t number) {
    if (window->n == 0 || number < window->blocks[0].number) return NULL;
    const uint64_t at = number - window->blocks[0].number;
    return at < window->n ? &window->blocks[at] : NULL;
}

const struct block_ref *tx_window_top(const struct tx_window *window) {
    return window->n == 0 ? NULL : &window->blocks[window->n - 1];
}

static bool has(const struct tx_window *window, uint64_t number, const hash32 *hash) {
    const struct block_ref *block = tx_window_at(window, number);
    return block != NULL && hash32_equal(&block->hash, hash);
}

static bool has_parent(const struct tx_window *window, const struct block_ref *block) {
    return block->number > 0 && has(window, block->number - 1, &block->parent_hash);
}

/* Half of it at a time: moving the rest is worth it then. */
static void make_room(struct tx_window *window) {
    if (window->n < TX_WINDOW_MAX) return;
    window->n = TX_WINDOW_MAX / 2;
    memmove(window->blocks, window->blocks + TX_WINDOW_MAX - window->n, window->n * sizeof *window->blocks);
}

bool tx_window_put(struct tx_window *window, const struct block_ref *block) {
    const size_t before = window->n;
    const size_t kept = has_parent(window, block) ? (size_t)(block->number - window->blocks[0].number) : 0;
    window->n = kept;
    make_room(window);
    window->blocks[window->n++] = *block;
    return before > kept;
}

void tx_window_put_below(struct tx_window *window, const struct block_ref *block) {
    assert(window->n > 0 && hash32_equal(&window->blocks[0].parent_hash, &block->hash));
    if (window->n == TX_WINDOW_MAX) return;
    memmove(window->blocks + 1, window->blocks, window->n * sizeof *window->blocks);
    window->blocks[0] = *block;
    window->n++;
}

enum err tx_window_follow(struct task *task, struct chain *chain, struct tx_window *window,
                          const struct block_ref *head, bool *reorged, bool *behind) {
    struct block_ref path[MAX_WALK];
    struct header header;
    size_t n = 0;
    *reorged = false;
    *behind = window->n > 0 && head->number < tx_window_top(window)->number && has(window, head->number, &head->hash);
    if (*behind || has(window, head->number, &head->hash)) return ERR_OK;
    path[n++] = *head;
    while (window->n > 0 && n < MAX_WALK && path[n - 1].number > 0 && !has_parent(window, &path[n - 1])) {
        enum err err = header_read_hash(task, chain, &header, &path[n - 1].parent_hash);
        if (err != ERR_OK) return err;
        path[n++] = header.block;
    }
    while (n > 0) {
        if (tx_window_put(window, &path[--n])) *reorged = true;
    }
    return ERR_OK;
}

enum err tx_window_reach(struct task *task, struct chain *chain, struct tx_window *window, uint64_t number) {
    struct header header;
    const uint64_t top = window->n == 0 ? 0 : tx_window_top(window)->number;
    const uint64_t lowest = top > TX_WINDOW_REACH ? top - TX_WINDOW_REACH : 0;
    if (number < lowest) number = lowest;
    for (unsigned i = 0; i < MAX_STEPS && window->n > 0 && window->blocks[0].number > number; i++) {
        enum err err = header_read_hash(task, chain, &header, &window->blocks[0].parent_hash);
        if (err != ERR_OK) return err;
        if (header.block.number + 1 != window->blocks[0].number) {
            return task_fail(task, ERR_UPSTREAM_ERROR, "a block is not of the number that its child makes it");
        }
        tx_window_put_below(window, &header.block);
    }
    return ERR_OK;
}
