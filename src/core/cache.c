/* Answers that stay true for a while are kept here for all reactors, within a bound on memory.
 * Owns copies of all keys and values, in 16 shards; each shard's mutex guards all that is in it.
 * Any thread. */
#include "core/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/metrics.h"
#include "core/siphash.h"

enum {
    SHARD_BITS = 4,
    SHARDS = 1 << SHARD_BITS,
    FIRST_SLOTS = 64,
    MALLOC_OVERHEAD = 16, /* what malloc adds to a block, about */
    CACHE_LINE = 64
};

struct entry {
    uint64_t expires_ms;
    uint16_t key_len;
    uint16_t value_len;
    uint8_t kind;
    uint8_t bytes[]; /* key, then value */
};

/* The table is open: an entry stands in the first free slot from its home on (hash modulo the number of slots). */
struct slot {
    struct entry *entry; /* NULL: free */
    uint32_t hash;       /* tells most other entries apart without looking at them; finds the home */
    bool referenced;     /* read since the clock's hand last passed */
};

struct shard {
    _Alignas(CACHE_LINE) pthread_mutex_t mutex;
    struct slot *slots;
    size_t n_slots; /* 0 or a power of two */
    size_t n_entries;
    size_t bytes; /* of entries and slots together */
    size_t hand;  /* of the clock: the next slot to be considered for eviction */
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
    uint32_t hash;
};

static size_t entry_bytes(size_t key_len, size_t value_len) {
    return sizeof(struct entry) + key_len + value_len + MALLOC_OVERHEAD;
}

static bool is_entry(const struct slot *slot, const struct lookup *what) {
    const struct entry *entry = slot->entry;
    return slot->hash == what->hash && entry->kind == what->kind && entry->key_len == what->key_len &&
           memcmp(entry->bytes, what->key, what->key_len) == 0;
}

/* Returns the entry's slot, or NULL. */
static struct slot *find(const struct shard *shard, const struct lookup *what) {
    if (shard->n_slots == 0) return NULL;
    size_t mask = shard->n_slots - 1;
    for (size_t i = what->hash & mask; shard->slots[i].entry != NULL; i = (i + 1) & mask) {
        if (is_entry(&shard->slots[i], what)) return &shard->slots[i];
    }
    return NULL;
}

static void place(struct slot *slots, size_t n_slots, struct slot slot) {
    size_t i = slot.hash & (n_slots - 1);
    while (slots[i].entry != NULL) i = (i + 1) & (n_slots - 1);
    slots[i] = slot;
}

/* Frees the entry at index i and closes the gap: an entry behind it moves up unless its home lies behind the gap. */
static void remove_at(struct shard *shard, size_t i) {
    struct slot *slots = shard->slots;
    size_t mask = shard->n_slots - 1;
    shard->bytes -= entry_bytes(slots[i].entry->key_len, slots[i].entry->value_len);
    shard->n_entries--;
    free(slots[i].entry);
    size_t gap = i;
    for (size_t j = (i + 1) & mask; slots[j].entry != NULL; j = (j + 1) & mask) {
        size_t from_home = (j - slots[j].hash) & mask, from_gap = (j - gap) & mask;
        if (from_home < from_gap) continue;
        slots[gap] = slots[j];
        gap = j;
    }
    slots[gap] = (struct slot){0};
}

/* CLOCK: the hand goes round, takes the mark off what was read since its last round and evicts what was not. */
static void evict_one(struct shard *shard) {
    assert(shard->n_entries > 0);
    for (;; shard->hand = (shard->hand + 1) & (shard->n_slots - 1)) {
        struct slot *slot = &shard->slots[shard->hand];
        if (slot->entry == NULL) continue;
        if (!slot->referenced) break;
        slot->referenced = false;
    }
    remove_at(shard, shard->hand);
    metrics_add(METRIC_CACHE_EVICTIONS, 0, 0, 1);
}

/* Doubles the table, unless that would pass the bound. */
static bool grow(struct shard *shard, size_t max_bytes) {
    size_t n_slots = shard->n_slots > 0 ? shard->n_slots * 2 : FIRST_SLOTS;
    size_t bytes = shard->bytes + (n_slots - shard->n_slots) * sizeof(struct slot);
    if (bytes > max_bytes) return false;
    struct slot *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL) abort();
    for (size_t i = 0; i < shard->n_slots; i++) {
        if (shard->slots[i].entry != NULL) place(slots, n_slots, shard->slots[i]);
    }
    free(shard->slots);
    shard->slots = slots;
    shard->n_slots = n_slots;
    shard->bytes = bytes;
    shard->hand = 0;
    return true;
}

/* Makes room for an entry, keeping a quarter of the slots free so that searches stay short. Returns false when it
 * would not fit into an empty shard. */
static bool make_room(struct shard *shard, size_t max_bytes, size_t need) {
    while (shard->n_slots == 0 || (shard->n_entries + 1) * 4 > shard->n_slots * 3) {
        if (grow(shard, max_bytes)) continue;
        if (shard->n_entries == 0) return false;
        evict_one(shard);
    }
    while (shard->bytes + need > max_bytes) {
        if (shard->n_entries == 0) return false;
        evict_one(shard);
    }
    return true;
}

static struct entry *new_entry(const struct lookup *what, const void *value, size_t value_len, uint64_t expires_ms) {
    struct entry *entry = malloc(sizeof *entry + what->key_len + value_len);
    if (entry == NULL) abort();
    *entry = (struct entry){.expires_ms = expires_ms,
                            .key_len = (uint16_t)what->key_len,
                            .value_len = (uint16_t)value_len,
                            .kind = (uint8_t)what->kind};
    memcpy(entry->bytes, what->key, what->key_len);
    memcpy(entry->bytes + what->key_len, value, value_len);
    return entry;
}

/* The top bits of the hash choose the shard, the low ones the slot. */
static struct shard *choose(struct cache *cache, struct lookup *what, enum cache_kind kind, const void *key,
                            size_t key_len) {
    assert(key_len <= CACHE_MAX_KEY && kind < CACHE_KIND_COUNT);
    uint64_t hash = siphash24(cache->hash_key, key, key_len);
    *what = (struct lookup){kind, key, key_len, (uint32_t)hash};
    return &cache->shards[hash >> (64 - SHARD_BITS)];
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
        for (size_t i = 0; i < shard->n_slots; i++) free(shard->slots[i].entry);
        free(shard->slots);
        pthread_mutex_destroy(&shard->mutex);
    }
    free(cache);
}

/* With the shard locked. */
static bool take_value(struct shard *shard, void *value, size_t value_len, const struct lookup *what, uint64_t now_ms) {
    struct slot *slot = find(shard, what);
    if (slot == NULL) return false;
    if (slot->entry->expires_ms <= now_ms) {
        remove_at(shard, (size_t)(slot - shard->slots));
        return false;
    }
    if (slot->entry->value_len != value_len) return false;
    memcpy(value, slot->entry->bytes + what->key_len, value_len);
    slot->referenced = true;
    return true;
}

bool cache_get(struct cache *cache, enum cache_kind kind, void *value, size_t value_len, const void *key,
               size_t key_len, uint64_t now_ms) {
    struct lookup what;
    struct shard *shard = choose(cache, &what, kind, key, key_len);
    pthread_mutex_lock(&shard->mutex);
    bool hit = take_value(shard, value, value_len, &what, now_ms);
    pthread_mutex_unlock(&shard->mutex);
    metrics_add(hit ? METRIC_CACHE_HITS : METRIC_CACHE_MISSES, kind, 0, 1);
    return hit;
}

void cache_put(struct cache *cache, enum cache_kind kind, const void *key, size_t key_len, const void *value,
               size_t value_len, uint64_t expires_ms) {
    assert(value_len <= CACHE_MAX_VALUE);
    struct lookup what;
    struct shard *shard = choose(cache, &what, kind, key, key_len);
    struct entry *entry = new_entry(&what, value, value_len, expires_ms);
    size_t bytes = entry_bytes(key_len, value_len);

    pthread_mutex_lock(&shard->mutex);
    struct slot *old = find(shard, &what);
    /* New entries start unmarked: were all marked, the hand would clear a whole round at once and then evict blindly.
     */
    bool referenced = old != NULL && old->referenced;
    if (old != NULL) remove_at(shard, (size_t)(old - shard->slots));
    if (make_room(shard, cache->shard_max_bytes, bytes)) {
        place(shard->slots, shard->n_slots, (struct slot){entry, what.hash, referenced});
        shard->n_entries++;
        shard->bytes += bytes;
        entry = NULL;
    }
    pthread_mutex_unlock(&shard->mutex);
    free(entry); /* only one that does not fit is still here */
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
