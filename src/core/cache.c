/* Answers that stay true for a while are kept here for all reactors, within a bound on memory.
 * Owns copies of all keys and values, in 16 shards; each shard's mutex guards all that is in it.
 * Any thread. */
#include "core/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/metrics.h"
#include "core/siphash.h"

enum {
    SHARD_BITS = 4,
    SHARDS = 1 << SHARD_BITS,
    FIRST_BUCKETS = 32,
    MAX_LOAD = 2, /* entries per bucket before the table doubles: most of the memory is to be entries */
    CACHE_LINE = 64
};

#define NEVER_MS ((UINT64_C(1) << 48) - 1)

struct entry {
    struct entry *next; /* in its bucket */
    uint64_t expires_ms : 48;
    uint64_t key_len : 8;
    uint64_t kind : 7;
    uint64_t referenced : 1; /* read since the clock's hand last passed */
    uint16_t value_len;
    uint8_t bytes[]; /* key, then value */
};
_Static_assert(CACHE_MAX_KEY < 256 && CACHE_MAX_VALUE < 65536, "lengths fit their fields");

struct shard {
    _Alignas(CACHE_LINE) pthread_mutex_t mutex;
    struct entry **buckets;
    size_t n_buckets; /* 0 or a power of two */
    size_t n_entries;
    size_t bytes; /* of entries and buckets together */
    size_t hand;  /* of the clock: the next bucket to be considered for eviction */
};

struct cache {
    struct shard shards[SHARDS];
    size_t shard_max_bytes;
    uint64_t hash_key[2];
};

/* An entry's identity, for as long as the call lasts. */
struct lookup {
    enum cache_kind kind;
    const void *key;
    size_t key_len;
    uint64_t hash;
};

static size_t entry_size(size_t key_len, size_t value_len) {
    return offsetof(struct entry, bytes) + key_len + value_len;
}

/* As glibc's malloc rounds it: its own word before the block, 16 bytes to a step. */
static size_t entry_bytes(const struct entry *entry) {
    return (entry_size(entry->key_len, entry->value_len) + sizeof(size_t) + 15) / 16 * 16;
}

static uint64_t hash_of(const struct cache *cache, const void *key, size_t key_len) {
    return siphash24(cache->hash_key, key, key_len);
}

/* The top bits of a hash choose the shard, the low ones the bucket. */
static struct entry **bucket_of(struct entry **buckets, size_t n_buckets, uint64_t hash) {
    return &buckets[hash & (n_buckets - 1)];
}

static struct entry **end_of(struct entry **link) {
    while (*link != NULL) link = &(*link)->next;
    return link;
}

static bool is_entry(const struct entry *entry, const struct lookup *what) {
    return entry->kind == what->kind && entry->key_len == what->key_len &&
           memcmp(entry->bytes, what->key, what->key_len) == 0;
}

/* Returns the link to the entry, or NULL. */
static struct entry **find(const struct shard *shard, const struct lookup *what) {
    if (shard->n_buckets == 0) return NULL;
    struct entry **link = bucket_of(shard->buckets, shard->n_buckets, what->hash);
    while (*link != NULL && !is_entry(*link, what)) link = &(*link)->next;
    return *link != NULL ? link : NULL;
}

static void remove_at(struct shard *shard, struct entry **link) {
    struct entry *entry = *link;
    *link = entry->next;
    shard->bytes -= entry_bytes(entry);
    shard->n_entries--;
    free(entry);
}

/* CLOCK: the hand goes round, takes the mark off what was read since its last round and evicts what was not. One
 * eviction to a bucket and round, or those whose mark was just taken off would have no second chance. */
static void evict_one(struct shard *shard) {
    assert(shard->n_entries > 0);
    for (bool evicted = false; !evicted;) {
        struct entry **link = &shard->buckets[shard->hand];
        shard->hand = (shard->hand + 1) & (shard->n_buckets - 1);
        for (; *link != NULL && (*link)->referenced; link = &(*link)->next) (*link)->referenced = false;
        if (*link == NULL) continue;
        remove_at(shard, link);
        evicted = true;
    }
    metrics_add(METRIC_CACHE_EVICTIONS, 0, 0, 1);
}

/* Doubles the table, unless that would pass the bound. */
static bool grow(const struct cache *cache, struct shard *shard) {
    size_t n_buckets = shard->n_buckets > 0 ? shard->n_buckets * 2 : FIRST_BUCKETS;
    size_t bytes = shard->bytes + (n_buckets - shard->n_buckets) * sizeof(struct entry *);
    if (bytes > cache->shard_max_bytes) return false;
    struct entry **buckets = calloc(n_buckets, sizeof *buckets);
    if (buckets == NULL) abort();
    for (size_t i = 0; i < shard->n_buckets; i++) {
        struct entry *next;
        for (struct entry *entry = shard->buckets[i]; entry != NULL; entry = next) {
            next = entry->next;
            entry->next = NULL;
            *end_of(bucket_of(buckets, n_buckets, hash_of(cache, entry->bytes, entry->key_len))) = entry;
        }
    }
    free(shard->buckets);
    shard->buckets = buckets;
    shard->n_buckets = n_buckets;
    shard->bytes = bytes;
    shard->hand = 0;
    return true;
}

/* Makes room for an entry. Returns false when it would not fit into an empty shard. A table that may not grow any more
 * only gets longer chains. */
static bool make_room(const struct cache *cache, struct shard *shard, size_t need) {
    if (shard->n_entries >= shard->n_buckets * MAX_LOAD && !grow(cache, shard) && shard->n_buckets == 0) return false;
    while (shard->bytes + need > cache->shard_max_bytes) {
        if (shard->n_entries == 0) return false;
        evict_one(shard);
    }
    return true;
}

static struct shard *choose(struct cache *cache, struct lookup *what, enum cache_kind kind, const void *key,
                            size_t key_len) {
    assert(key_len <= CACHE_MAX_KEY && kind < CACHE_KIND_COUNT);
    *what = (struct lookup){kind, key, key_len, hash_of(cache, key, key_len)};
    return &cache->shards[what->hash >> (64 - SHARD_BITS)];
}

struct cache *cache_new(size_t max_bytes) {
    struct cache *cache = aligned_alloc(CACHE_LINE, sizeof *cache);
    if (cache == NULL) abort();
    memset(cache, 0, sizeof *cache);
    cache->shard_max_bytes = max_bytes / SHARDS;
    /* Not clock_random: clients see its output (request ids) and could work back to this key. */
    if (getrandom(cache->hash_key, sizeof cache->hash_key, 0) != (ssize_t)sizeof cache->hash_key) abort();
    for (size_t i = 0; i < SHARDS; i++) pthread_mutex_init(&cache->shards[i].mutex, NULL);
    return cache;
}

void cache_free(struct cache *cache) {
    if (cache == NULL) return;
    for (size_t s = 0; s < SHARDS; s++) {
        struct shard *shard = &cache->shards[s];
        for (size_t i = 0; i < shard->n_buckets; i++) {
            while (shard->buckets[i] != NULL) remove_at(shard, &shard->buckets[i]);
        }
        free(shard->buckets);
        pthread_mutex_destroy(&shard->mutex);
    }
    free(cache);
}

/* With the shard locked. */
static bool take_value(struct shard *shard, void *out, cache_take_fn take, const struct lookup *what, uint64_t now_ms) {
    struct entry **link = find(shard, what);
    if (link == NULL) return false;
    struct entry *entry = *link;
    if (entry->expires_ms != NEVER_MS && entry->expires_ms <= now_ms) {
        remove_at(shard, link);
        return false;
    }
    if (!take(out, entry->bytes + what->key_len, entry->value_len)) return false;
    entry->referenced = true;
    return true;
}

bool cache_take(struct cache *cache, enum cache_kind kind, void *out, cache_take_fn take, const void *key,
                size_t key_len, uint64_t now_ms) {
    struct lookup what;
    struct shard *shard = choose(cache, &what, kind, key, key_len);
    pthread_mutex_lock(&shard->mutex);
    bool hit = take_value(shard, out, take, &what, now_ms);
    pthread_mutex_unlock(&shard->mutex);
    metrics_add(hit ? METRIC_CACHE_HITS : METRIC_CACHE_MISSES, kind, 0, 1);
    return hit;
}

struct copy {
    void *to;
    size_t len;
};

static bool copy_value(void *out, const void *value, size_t value_len) {
    const struct copy *copy = out;
    if (value_len != copy->len) return false;
    memcpy(copy->to, value, value_len);
    return true;
}

bool cache_get(struct cache *cache, enum cache_kind kind, void *value, size_t value_len, const void *key,
               size_t key_len, uint64_t now_ms) {
    struct copy copy = {value, value_len};
    return cache_take(cache, kind, &copy, copy_value, key, key_len, now_ms);
}

/* With the shard locked. New entries start unmarked: were all marked, the hand would clear a whole round at once and
 * then evict blindly. They go to the end of their bucket, where the hand comes last. */
static void add(const struct cache *cache, struct shard *shard, const struct lookup *what, const struct entry *head,
                const void *value) {
    if (!make_room(cache, shard, entry_bytes(head))) return;
    struct entry *entry = malloc(entry_size(head->key_len, head->value_len));
    if (entry == NULL) abort();
    memcpy(entry, head, offsetof(struct entry, bytes));
    memcpy(entry->bytes, what->key, head->key_len);
    memcpy(entry->bytes + head->key_len, value, head->value_len);
    *end_of(bucket_of(shard->buckets, shard->n_buckets, what->hash)) = entry;
    shard->n_entries++;
    shard->bytes += entry_bytes(entry);
}

void cache_put(struct cache *cache, enum cache_kind kind, const void *key, size_t key_len, const void *value,
               size_t value_len, uint64_t expires_ms) {
    assert(value_len <= CACHE_MAX_VALUE);
    struct lookup what;
    struct shard *shard = choose(cache, &what, kind, key, key_len);
    const struct entry head = {.expires_ms = (expires_ms < NEVER_MS ? expires_ms : NEVER_MS) & NEVER_MS,
                               .key_len = (uint8_t)key_len,
                               .kind = kind,
                               .value_len = (uint16_t)value_len};

    pthread_mutex_lock(&shard->mutex);
    struct entry **old = find(shard, &what);
    if (old != NULL && (*old)->value_len == value_len) {
        memcpy((*old)->bytes + key_len, value, value_len);
        (*old)->expires_ms = head.expires_ms;
    } else {
        if (old != NULL) remove_at(shard, old);
        add(cache, shard, &what, &head, value);
    }
    pthread_mutex_unlock(&shard->mutex);
}

struct cache_stats cache_stats(struct cache *cache) {
    struct cache_stats stats = {0};
    for (size_t s = 0; s < SHARDS; s++) {
        struct shard *shard = &cache->shards[s];
        pthread_mutex_lock(&shard->mutex);
        stats.entries += shard->n_entries;
        stats.bytes += shard->bytes;
        pthread_mutex_unlock(&shard->mutex);
    }
    return stats;
}
