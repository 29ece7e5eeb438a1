/* Most nodes give a log its block's time by now; for the others each block's header is asked for once.
 * Owns the list of blocks while it works.
 * On the task's thread, in a coroutine. */
#include "log_times.h"

#include <stdlib.h>

#include "headers.h"

/* Blocks by number, each once. */
struct blocks {
    uint64_t *numbers;
    struct header *headers;
    size_t n;
    size_t cap;
    bool mismatch;
};

static void add_block(struct log_place *place, void *arg) {
    struct blocks *blocks = arg;
    if (place->timestamp != 0) return;
    if (blocks->n == blocks->cap) {
        blocks->cap = blocks->cap == 0 ? 64 : 2 * blocks->cap;
        blocks->numbers = reallocarray(blocks->numbers, blocks->cap, sizeof(uint64_t));
        if (blocks->numbers == NULL) abort();
    }
    if (blocks->n > 0 && blocks->numbers[blocks->n - 1] == place->block_number) return;
    blocks->numbers[blocks->n++] = place->block_number;
}

static int compare_numbers(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort_and_drop_twins(struct blocks *blocks) {
    size_t kept = 0;
    if (blocks->n == 0) return;
    qsort(blocks->numbers, blocks->n, sizeof(uint64_t), compare_numbers);
    for (size_t i = 0; i < blocks->n; i++) {
        if (kept == 0 || blocks->numbers[kept - 1] != blocks->numbers[i]) blocks->numbers[kept++] = blocks->numbers[i];
    }
    blocks->n = kept;
}

static void set_time(struct log_place *place, void *arg) {
    struct blocks *blocks = arg;
    if (place->timestamp != 0) return;
    const uint64_t *at = bsearch(&place->block_number, blocks->numbers, blocks->n, sizeof(uint64_t), compare_numbers);
    const struct block_ref *block = &blocks->headers[at - blocks->numbers].block;
    if (!hash32_equal(&block->hash, &place->block_hash)) blocks->mismatch = true;
    place->timestamp = block->timestamp;
}

enum err log_times_fill(struct task *task, struct chain *chain, struct logs *logs, struct logs_mark mark) {
    struct blocks blocks = {.n = 0};
    enum err err = ERR_OK;
    logs_each_place(logs, mark, add_block, &blocks);
    sort_and_drop_twins(&blocks);
    if (blocks.n > 0) {
        blocks.headers = calloc(blocks.n, sizeof(*blocks.headers));
        if (blocks.headers == NULL) abort();
        err = headers_read_each(task, chain, blocks.headers, blocks.numbers, blocks.n);
        if (err == ERR_OK) logs_each_place(logs, mark, set_time, &blocks);
    }
    free(blocks.headers);
    free(blocks.numbers);
    if (!blocks.mismatch) return err;
    return task_fail(task, ERR_UPSTREAM_ERROR, "the nodes have different blocks of the same number");
}
