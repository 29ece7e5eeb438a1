/* A page sends the same access token with every request for ten minutes, and a MAC and a JSON parser each time would
 * cost as much as the cached answer it asks for.
 *
 * What is kept is the whole text beside its claims, and only that same text is ever taken for it: nothing rests on a
 * hash. The hash by which it is found has a key of its own, so that nobody can steer a guess to where it would be
 * compared with another's token, and tell from the time how much of it is right.
 *
 * Owns nothing: entries are the cache's. Any thread. */
#include "verified_token.h"

#include <string.h>

#include "core/cache.h"
#include "core/siphash.h"

struct kept {
    struct access_claims claims;
    char text[ACCESS_TOKEN_BYTES];
};
_Static_assert(sizeof(struct kept) <= CACHE_MAX_VALUE, "a token fits an entry");

struct search {
    struct access_claims *out;
    const char *text;
    size_t len;
};

static size_t kept_len(size_t text_len) {
    return offsetof(struct kept, text) + text_len;
}

static bool take(void *arg, const void *value, size_t value_len) {
    const struct search *search = arg;
    const char *text = (const char *)value + offsetof(struct kept, text);
    if (value_len != kept_len(search->len) || memcmp(text, search->text, search->len) != 0) return false;
    memcpy(search->out, value, sizeof *search->out);
    return true;
}

static void keep(struct auth *auth, uint64_t hash, const struct access_claims *claims, const char *text, size_t len,
                 uint64_t expires_ms) {
    struct kept kept;
    memset(&kept, 0, offsetof(struct kept, text));
    kept.claims = *claims;
    memcpy(kept.text, text, len);
    cache_put(auth->cache, CACHE_ACCESS_TOKEN, &hash, sizeof hash, &kept, kept_len(len), expires_ms);
}

enum err verified_token_read(struct access_claims *out, struct auth *auth, const char *text, size_t len, uint64_t now_s,
                             uint64_t now_ms) {
    struct search search = {.out = out, .text = text, .len = len};
    if (len >= ACCESS_TOKEN_BYTES) return ERR_UNAUTHENTICATED;
    uint64_t hash = siphash24(auth->token_hash_key, text, len);
    if (cache_take(auth->cache, CACHE_ACCESS_TOKEN, &search, take, &hash, sizeof hash, now_ms)) {
        return out->expires_s > now_s ? ERR_OK : ERR_TOKEN_EXPIRED; /* by the wall clock, whatever the cache's says */
    }
    enum err err = access_token_read(out, auth->ring, text, len, now_s);
    if (err == ERR_OK) keep(auth, hash, out, text, len, now_ms + (out->expires_s - now_s) * 1000);
    return err;
}
