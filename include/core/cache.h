/* A bounded map of small structs, shared by all reactors: keys and values are plain bytes, copied in and out. Sharded,
 * one mutex a shard, never held over a wait. Any thread. */
#ifndef DAPPD_CORE_CACHE_H
#define DAPPD_CORE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;

enum { CACHE_MAX_KEY = 160, CACHE_MAX_VALUE = 1024 };

/* What an entry holds; the label `cache` of the hit and miss metrics. */
enum cache_kind {
    CACHE_AMOUNT,
    CACHE_TOKEN,
    CACHE_BLOCK,
    CACHE_CODE,
    CACHE_ACCESS_TOKEN,
    CACHE_API_KEY,
    CACHE_CALL, /* what a contract returned or reverted with */
    CACHE_KIND_COUNT
};

/* In: max_bytes, the bound on all entries with their overhead. */
struct cache *cache_new(size_t max_bytes);
void cache_free(struct cache *cache);

/* Judges an entry's value and copies what it wants of it to `out`. Returns false to refuse it: then the look-up is a
 * miss. Runs with a lock held: it must neither wait nor call the cache. */
typedef bool (*cache_take_fn)(void *out, const void *value, size_t value_len);

/* Looks a key up. Returns false when there is no entry, it expired, or `take` refused it. In: now_ms, any monotonic
 * clock used for put as well. */
bool cache_take(struct cache *cache, enum cache_kind kind, void *out, cache_take_fn take, const void *key,
                size_t key_len, uint64_t now_ms);

/* Copies a value of exactly this size out: one of another size is a miss. */
bool cache_get(struct cache *cache, enum cache_kind kind, void *value, size_t value_len, const void *key,
               size_t key_len, uint64_t now_ms);

/* Keeps a copy, replacing an older one. In: expires_ms, or UINT64_MAX for "until pushed out". When the bound is
 * reached, entries not read for longest go first (CLOCK). */
void cache_put(struct cache *cache, enum cache_kind kind, const void *key, size_t key_len, const void *value,
               size_t value_len, uint64_t expires_ms);

struct cache_stats {
    uint64_t entries;
    uint64_t bytes;
};
struct cache_stats cache_stats(struct cache *cache);

#endif
