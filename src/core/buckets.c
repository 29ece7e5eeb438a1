/* Who may ask how much: a token bucket for each client, as many as fit the memory given at start. A table of small
 * sets; a key's bucket is in its set or is full. Owns its memory; striped mutexes guard the sets. Any thread.
 *
 * Tokens are counted in units of which a bucket gets per_min each microsecond: whole numbers, so nothing is ever
 * rounded away. What is kept of a bucket is the microsecond at which it will be full, and by how many units it would
 * then be overfull. So buckets of different rates can be compared, and one whose time has come needs no room. */
#include "core/buckets.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/metrics.h"
#include "core/siphash.h"

enum { WAYS = 8, STRIPES = 256, CACHE_LINE = 64, US_PER_S = 1000000 };

#define UNITS_PER_TOKEN UINT64_C(60000000) /* a minute of microseconds */
_Static_assert(BUCKET_MAX_TOKENS <= UINT64_MAX / UNITS_PER_TOKEN / 4, "a deficit and a cost can be added");

/* 128 bits of a keyed hash stand for the key: nobody finds two clients with the same, and chance does not either. */
struct tag {
    uint64_t half[2];
};

struct bucket {
    struct tag tag;
    uint64_t full_at_us; /* 0: nobody's */
    uint64_t excess;     /* units, less than come in a microsecond */
};

struct set {
    struct bucket ways[WAYS];
};

struct stripe {
    _Alignas(CACHE_LINE) pthread_mutex_t mutex;
};

struct buckets {
    struct stripe stripes[STRIPES];
    uint64_t hash_keys[2][2];
    size_t n_sets;
    struct set *sets;
};
_Static_assert(sizeof(struct buckets) + sizeof(struct set) <= BUCKETS_MIN_BYTES, "the least memory holds a set");

struct buckets *buckets_new(size_t max_bytes) {
    struct buckets *buckets = aligned_alloc(CACHE_LINE, sizeof *buckets);
    if (buckets == NULL) abort();
    assert(max_bytes >= BUCKETS_MIN_BYTES);
    buckets->n_sets = (max_bytes - sizeof *buckets) / sizeof(struct set);
    buckets->sets = calloc(buckets->n_sets, sizeof(struct set));
    if (buckets->sets == NULL) abort();
    if (getrandom(buckets->hash_keys, sizeof buckets->hash_keys, 0) != sizeof buckets->hash_keys) abort();
    for (size_t i = 0; i < STRIPES; i++) {
        if (pthread_mutex_init(&buckets->stripes[i].mutex, NULL) != 0) abort();
    }
    return buckets;
}

void buckets_free(struct buckets *buckets) {
    for (size_t i = 0; i < STRIPES; i++) (void)pthread_mutex_destroy(&buckets->stripes[i].mutex);
    free(buckets->sets);
    free(buckets);
}

static uint64_t divide_up(uint64_t a, uint64_t b) {
    return a / b + (a % b != 0);
}

static struct tag tag_of(const struct buckets *buckets, const void *key, size_t key_len) {
    struct tag tag;
    for (size_t i = 0; i < 2; i++) tag.half[i] = siphash24(buckets->hash_keys[i], key, key_len);
    return tag;
}

/* Returns NULL when the bucket is full. Those of the set that have become full are forgotten on the way. */
static struct bucket *find(struct set *set, const struct tag *tag, uint64_t now_us) {
    struct bucket *found = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        struct bucket *bucket = &set->ways[i];
        if (bucket->full_at_us == 0) continue;
        if (bucket->full_at_us <= now_us) {
            bucket->full_at_us = 0;
            metrics_add(METRIC_RATE_LIMIT_BUCKETS, 0, 0, -1);
        } else if (memcmp(&bucket->tag, tag, sizeof *tag) == 0) {
            found = bucket;
        }
    }
    return found;
}

/* Gives the key a place, that of the bucket which is full soonest unless there is one that is nobody's: who has used up
 * the least loses the least. */
static struct bucket *make_room(struct set *set, const struct tag *tag) {
    struct bucket *place = &set->ways[0];
    for (size_t i = 1; i < WAYS; i++) {
        if (set->ways[i].full_at_us < place->full_at_us) place = &set->ways[i];
    }
    if (place->full_at_us == 0) {
        metrics_add(METRIC_RATE_LIMIT_BUCKETS, 0, 0, 1);
    } else {
        metrics_add(METRIC_RATE_LIMIT_FORGOTTEN, 0, 0, 1);
    }
    place->tag = *tag;
    return place;
}

/* Units that are missing from it, at most all: where more seem to be, the time is another thread's, whose clock was
 * read a moment later than ours. */
static uint64_t deficit_of(const struct bucket *bucket, const struct bucket_rate *rate, uint64_t capacity,
                           uint64_t now_us) {
    if (bucket == NULL) return 0;
    uint64_t wait_us = bucket->full_at_us - now_us;
    if (wait_us > divide_up(capacity, rate->per_min)) return capacity; /* nor is this more than 64 bits hold */
    uint64_t deficit = wait_us * rate->per_min - bucket->excess;
    return deficit < capacity ? deficit : capacity;
}

static void set_deficit(struct bucket *bucket, uint64_t deficit, uint64_t per_min, uint64_t now_us) {
    uint64_t wait_us = divide_up(deficit, per_min);
    bucket->full_at_us = now_us + wait_us;
    bucket->excess = wait_us * per_min - deficit;
}

static void take(struct set *set, struct bucket_verdict *out, const struct tag *tag, const struct bucket_rate *rate,
                 uint64_t cost, uint64_t now_us) {
    struct bucket *bucket = find(set, tag, now_us);
    uint64_t capacity = rate->size * UNITS_PER_TOKEN;
    uint64_t asked = (cost < rate->size ? cost : rate->size) * UNITS_PER_TOKEN;
    uint64_t deficit = deficit_of(bucket, rate, capacity, now_us);
    uint64_t after = deficit + asked;
    *out = (struct bucket_verdict){.allowed = after <= capacity};
    if (!out->allowed) {
        out->retry_s = divide_up(divide_up(after - capacity, rate->per_min), US_PER_S);
    } else if (asked > 0) {
        if (bucket == NULL) bucket = make_room(set, tag);
        set_deficit(bucket, after, rate->per_min, now_us);
        deficit = after;
    }
    out->remaining = (capacity - deficit) / UNITS_PER_TOKEN;
    out->reset_s = divide_up(divide_up(deficit, rate->per_min), US_PER_S);
}

void buckets_take(struct buckets *buckets, struct bucket_verdict *out, const void *key, size_t key_len,
                  const struct bucket_rate *rate, uint64_t cost, uint64_t now_us) {
    assert(rate->per_min > 0 && rate->per_min <= BUCKET_MAX_TOKENS && rate->size > 0 &&
           rate->size <= BUCKET_MAX_TOKENS);
    struct tag tag = tag_of(buckets, key, key_len);
    size_t i = tag.half[0] % buckets->n_sets;
    pthread_mutex_t *mutex = &buckets->stripes[i % STRIPES].mutex;
    (void)pthread_mutex_lock(mutex);
    take(&buckets->sets[i], out, &tag, rate, cost, now_us);
    (void)pthread_mutex_unlock(mutex);
}
