/* The one place where a chain's newest block is kept, so that all reactors pin their reads to the same one. Owned by
 * its chain.
 * Any thread: a mutex around plain values. */
#include "head.h"

#include <stdlib.h>

enum {
    MIN_POLL_MS = 250,
    MAX_POLL_MS = 6000,
    FIRST_POLL_MS = 1000,    /* while the block time is not known */
    MAX_MEASURED_MS = 15000, /* a chain that mines on demand has no rhythm worth waiting for */
    MANY_BLOCKS = 8,         /* their average needs no smoothing */
};

struct head *head_new(uint64_t block_time_ms) {
    struct head *head = calloc(1, sizeof(*head));
    if (head == NULL || pthread_mutex_init(&head->mutex, NULL) != 0) abort();
    head->block_time_given = block_time_ms > 0;
    head->block_time_known = head->block_time_given;
    head->block_time_ms = block_time_ms;
    return head;
}

void head_free(struct head *head) {
    pthread_mutex_destroy(&head->mutex);
    free(head);
}

static uint64_t poll_ms(const struct head *head) {
    if (!head->block_time_known) return FIRST_POLL_MS;
    uint64_t ms = head->block_time_ms / 2;
    if (ms < MIN_POLL_MS) return MIN_POLL_MS;
    return ms < MAX_POLL_MS ? ms : MAX_POLL_MS;
}

uint64_t head_poll_ms(struct head *head) {
    pthread_mutex_lock(&head->mutex);
    uint64_t ms = poll_ms(head);
    pthread_mutex_unlock(&head->mutex);
    return ms;
}

uint64_t head_block_time_ms(struct head *head) {
    pthread_mutex_lock(&head->mutex);
    uint64_t ms = head->block_time_ms;
    pthread_mutex_unlock(&head->mutex);
    return ms;
}

/* The wall clock and the chain's may differ: what is due in more than a block time, or was long ago, tells nothing. */
static uint64_t wait_for_block_ms(const struct head *head, uint64_t wall_ms) {
    const struct head_reading *latest = &head->readings[HEAD_LATEST];
    uint64_t step_ms = head->block_time_ms / 8;
    if (!head->block_time_known || latest->asked_us == 0 || latest->block.timestamp > UINT64_MAX / 2000) return 0;
    uint64_t due_ms = latest->block.timestamp * 1000 + head->block_time_ms + step_ms / 2; /* it has to travel, too */
    if (due_ms > wall_ms) return due_ms - wall_ms <= head->block_time_ms + step_ms ? due_ms - wall_ms : 0;
    return wall_ms - due_ms <= head->block_time_ms / 2 ? step_ms : 0;
}

uint64_t head_wait_ms(struct head *head, uint64_t wall_us) {
    pthread_mutex_lock(&head->mutex);
    uint64_t ms = wait_for_block_ms(head, wall_us / 1000);
    uint64_t most_ms = 2 * poll_ms(head) - MIN_POLL_MS;
    if (ms == 0) ms = poll_ms(head);
    pthread_mutex_unlock(&head->mutex);
    if (ms < MIN_POLL_MS) return MIN_POLL_MS;
    return ms < most_ms ? ms : most_ms;
}

bool head_read(struct head *head, struct head_reading *out, enum head_tag tag) {
    pthread_mutex_lock(&head->mutex);
    *out = head->readings[tag];
    pthread_mutex_unlock(&head->mutex);
    return out->asked_us != 0;
}

bool head_read_fresh(struct head *head, struct block_ref *out, enum head_tag tag, uint64_t now_us) {
    pthread_mutex_lock(&head->mutex);
    const struct head_reading *reading = &head->readings[tag];
    uint64_t max_age_us = poll_ms(head) * 1000 * (tag == HEAD_LATEST ? 2 : 1);
    bool fresh = reading->asked_us != 0 && reading->doubted_us == 0 && now_us < reading->asked_us + max_age_us;
    if (fresh) *out = reading->block;
    pthread_mutex_unlock(&head->mutex);
    return fresh;
}

bool head_is_above(struct head *head, struct block_ref *known, const struct block_ref *block) {
    pthread_mutex_lock(&head->mutex);
    const struct head_reading *latest = &head->readings[HEAD_LATEST];
    bool above = latest->asked_us != 0 && latest->doubted_us == 0 && latest->block.number > block->number;
    if (above) *known = latest->block;
    pthread_mutex_unlock(&head->mutex);
    return above;
}

/* Timestamps are whole seconds, so a single step says little about a fast chain: the steps are smoothed. */
static void measure(struct head *head, const struct block_ref *before, const struct block_ref *now) {
    if (head->block_time_given || now->number <= before->number || now->timestamp < before->timestamp) return;
    uint64_t blocks = now->number - before->number;
    uint64_t seconds = now->timestamp - before->timestamp;
    if (seconds > UINT64_MAX / 1000) return;
    uint64_t ms = seconds * 1000 / blocks;
    if (ms > MAX_MEASURED_MS) ms = MAX_MEASURED_MS;
    bool smooth = head->block_time_known && blocks < MANY_BLOCKS;
    head->block_time_ms = smooth ? (head->block_time_ms * 7 + ms) / 8 : ms;
    head->block_time_known = true;
}

static bool goes_back(const struct head_reading *finalized, const struct block_ref *block) {
    return finalized->asked_us != 0 && block->number <= finalized->block.number;
}

static void replace(struct head_reading *reading, const struct block_ref *block, uint64_t asked_us) {
    bool moves = reading->asked_us == 0 || !hash32_equal(&reading->block.hash, &block->hash);
    if (moves) reading->moved_us = asked_us;
    if (moves || asked_us > reading->doubted_us) reading->doubted_us = 0;
    reading->block = *block;
    reading->asked_us = asked_us;
}

bool head_take(struct head *head, enum head_tag tag, const struct block_ref *block, uint64_t asked_us) {
    pthread_mutex_lock(&head->mutex);
    struct head_reading *reading = &head->readings[tag];
    bool taken = asked_us >= reading->asked_us;
    if (taken && tag == HEAD_FINALIZED && goes_back(reading, block)) {
        reading->asked_us = asked_us;
    } else if (taken) {
        if (tag == HEAD_LATEST && reading->asked_us != 0) measure(head, &reading->block, block);
        replace(reading, block, asked_us);
    }
    pthread_mutex_unlock(&head->mutex);
    return taken;
}

void head_doubt(struct head *head, const hash32 *hash, uint64_t now_us) {
    pthread_mutex_lock(&head->mutex);
    for (size_t tag = HEAD_LATEST; tag <= HEAD_SAFE; tag++) {
        struct head_reading *reading = &head->readings[tag];
        if (reading->doubted_us == 0 && hash32_equal(&reading->block.hash, hash)) reading->doubted_us = now_us;
    }
    pthread_mutex_unlock(&head->mutex);
}

bool head_is_final(struct head *head, uint64_t number) {
    pthread_mutex_lock(&head->mutex);
    const struct head_reading *finalized = &head->readings[HEAD_FINALIZED];
    bool final = finalized->asked_us != 0 && number <= finalized->block.number;
    pthread_mutex_unlock(&head->mutex);
    return final;
}
