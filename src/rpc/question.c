/* Ten thousand reads may wait at once, and each that comes must find its equal at once. A table owns its questions.
 * On one thread.
 * Chained buckets, doubled before chains get long. */
#include "question.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/siphash.h"

enum { FIRST_BUCKETS = 16 };

void question_table_init(struct question_table *table) {
    *table = (struct question_table){.n = 0};
    clock_random(table->key, sizeof(table->key));
}

void question_table_free(struct question_table *table) {
    assert(table->n == 0);
    free(table->buckets);
}

static uint64_t hash_of(const struct question_table *table, const struct state_read *read) {
    uint8_t head[1 + sizeof(read->to.bytes)];
    head[0] = (uint8_t)read->kind;
    memcpy(head + 1, read->to.bytes, sizeof(read->to.bytes));
    const uint64_t hashes[2] = {siphash24(table->key, head, sizeof(head)),
                                siphash24(table->key, read->data, read->data_len)};
    return siphash24(table->key, hashes, sizeof(hashes));
}

static bool is_equal(const struct state_read *a, const struct state_read *b) {
    if (a->kind != b->kind || a->data_len != b->data_len || !address_equal(&a->to, &b->to)) return false;
    return a->data_len == 0 || memcmp(a->data, b->data, a->data_len) == 0;
}

static struct question **bucket_of(const struct question_table *table, uint64_t hash) {
    return &table->buckets[hash & (table->n_buckets - 1)];
}

struct question *question_find(const struct question_table *table, const struct state_read *read) {
    if (table->n == 0) return NULL;
    uint64_t hash = hash_of(table, read);
    struct question *question = *bucket_of(table, hash);
    while (question != NULL && (question->hash != hash || !is_equal(&question->read, read))) question = question->next;
    return question;
}

static void put(struct question_table *table, struct question *question) {
    struct question **bucket = bucket_of(table, question->hash);
    question->next = *bucket;
    *bucket = question;
}

static void grow(struct question_table *table) {
    struct question **old = table->buckets;
    size_t n_old = table->n_buckets;
    table->n_buckets = n_old > 0 ? 2 * n_old : FIRST_BUCKETS;
    table->buckets = calloc(table->n_buckets, sizeof(struct question *));
    if (table->buckets == NULL) abort();
    for (size_t i = 0; i < n_old; i++) {
        for (struct question *next, *question = old[i]; question != NULL; question = next) {
            next = question->next;
            put(table, question);
        }
    }
    free(old);
}

struct question *question_add(struct question_table *table, const struct state_read *read) {
    struct question *question = calloc(1, sizeof(*question) + read->data_len);
    if (question == NULL) abort();
    if (read->data_len > 0) memcpy(question->data, read->data, read->data_len);
    question->read = (struct state_read){.kind = read->kind,
                                         .to = read->to,
                                         .data = question->data,
                                         .data_len = read->data_len,
                                         .may_write = read->may_write};
    question->hash = hash_of(table, read);
    if (table->n == table->n_buckets) grow(table);
    table->n++;
    put(table, question);
    return question;
}

/* Copies to *at, which moves on. NULL stays NULL. */
static const uint8_t *keep(char **at, const uint8_t *bytes, size_t len) {
    if (bytes == NULL) return NULL;
    uint8_t *kept = memcpy(*at, bytes, len);
    *at += len;
    return kept;
}

void question_keep_answer(struct question *question) {
    struct state_read *read = &question->read;
    size_t detail_bytes = strlen(read->detail) + 1;
    char *at = malloc(read->len + read->revert_len + detail_bytes);
    if (at == NULL) abort();
    question->answer = at;
    read->bytes = keep(&at, read->bytes, read->len);
    read->revert_data = keep(&at, read->revert_data, read->revert_len);
    read->detail = memcpy(at, read->detail, detail_bytes);
    question->answered = true;
}

void question_remove(struct question_table *table, struct question *question) {
    struct question **at = bucket_of(table, question->hash);
    while (*at != question) at = &(*at)->next;
    *at = question->next;
    table->n--;
    free(question->answer);
    free(question);
}
