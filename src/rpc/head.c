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
    bool doubted = tag == HEAD_LATEST && head->doubted;
    bool fresh = reading->asked_us != 0 && !doubted && now_us < reading->asked_us + max_age_us;
    if (fresh) *out = reading->block;
    pthread_mutex_unlock(&head->mutex);
    return fresh;
}

bool head_is_above(struct head *head, struct block_ref *known, const struct block_ref *block) {
    pthread_mutex_lock(&head->mutex);
    const struct head_reading *latest = &head->readings[HEAD_LATEST];
    bool above = latest->asked_us != 0 && !head->doubted && latest->block.number > block->number;
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

bool head_take(struct head *head, enum head_tag tag, const struct block_ref *block, uint64_t asked_us) {
    pthread_mutex_lock(&head->mutex);
    struct head_reading *reading = &head->readings[tag];
    bool taken = asked_us > reading->asked_us;
    if (taken) {
        if (tag == HEAD_LATEST && reading->asked_us != 0) measure(head, &reading->block, block);
        if (tag == HEAD_LATEST) head->doubted = false;
        *reading = (struct head_reading){.block = *block, .asked_us = asked_us};
    }
    pthread_mutex_unlock(&head->mutex);
    return taken;
}

void head_doubt(struct head *head, const hash32 *hash) {
    pthread_mutex_lock(&head->mutex);
    if (hash32_equal(&head->readings[HEAD_LATEST].block.hash, hash)) head->doubted = true;
    pthread_mutex_unlock(&head->mutex);
}

bool head_is_final(struct head *head, uint64_t number) {
    pthread_mutex_lock(&head->mutex);
    const struct head_reading *finalized = &head->readings[HEAD_FINALIZED];
    bool final = finalized->asked_us != 0 && number <= finalized->block.number;
    pthread_mutex_unlock(&head->mutex);
    return final;
}
