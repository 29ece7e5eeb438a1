/* Token buckets of many clients within a fixed amount of memory. Shared by all reactors, locks for itself, never held
 * over a wait. Any thread. */
#ifndef DAPPD_CORE_BUCKETS_H
#define DAPPD_CORE_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buckets;

#define BUCKETS_MIN_BYTES (UINT64_C(64) * 1024)

/* What per_min and size may be at most: what they are multiplied with fits 64 bits. */
#define BUCKET_MAX_TOKENS (UINT64_C(1) << 36)

struct bucket_rate {
    uint64_t per_min; /* tokens that come back in a minute, at least 1 */
    uint64_t size;    /* tokens that a full bucket holds, at least 1 */
};

struct bucket_verdict {
    bool allowed;
    uint64_t remaining; /* whole tokens left */
    uint64_t reset_s;   /* until it is full again, rounded up */
    uint64_t retry_s;   /* when not allowed: until the same would be, rounded up; at least 1 */
};

/* In: max_bytes, all it will ever use, at least BUCKETS_MIN_BYTES; reserved at once, touched when needed. */
struct buckets *buckets_new(size_t max_bytes);
void buckets_free(struct buckets *buckets);

/* Takes cost tokens out of the key's bucket, or none when it has fewer; a cost beyond the size asks for a full one, and
 * one of 0 takes nothing. A key that is not known has a full bucket. When there is no room, the bucket that is full
 * soonest among a few is forgotten. In: rate, the same for this key each time; now_us, clock_now_us. */
void buckets_take(struct buckets *buckets, struct bucket_verdict *out, const void *key, size_t key_len,
                  const struct bucket_rate *rate, uint64_t cost, uint64_t now_us);

#endif
