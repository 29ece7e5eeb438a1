/* ETag and Cache-Control. Values live in the request's arena; one thread. */
#include "http/conditional.h"

#include "core/siphash.h"

enum { IMMUTABLE_MAX_AGE_S = 31536000 };

void conditional_set(const struct request *req, struct response *res, const void *state, size_t state_len,
                     unsigned max_age_s, bool immutable) {
    /* Fixed keys: several instances behind one proxy have to agree. */
    static const uint64_t target_key[2] = {1, 2}, state_key[2] = {3, 4}, version_key[2] = {5, 6};
    uint64_t hash = siphash24(target_key, req->target.p, req->target.len);
    hash ^= siphash24(version_key, DAPPD_VERSION, sizeof DAPPD_VERSION - 1);
    res->etag = arena_printf(res->arena, "W/\"%016llx%016llx\"", (unsigned long long)hash,
                             (unsigned long long)siphash24(state_key, state, state_len));
    if (req->principal.kind != PRINCIPAL_ANONYMOUS) {
        conditional_no_store(res); /* what is said to somebody is nobody else's to find in a cache */
    } else if (immutable) {
        response_headerf(res, "Cache-Control", "public, max-age=%d, immutable", IMMUTABLE_MAX_AGE_S);
    } else {
        response_headerf(res, "Cache-Control", "public, max-age=%u", max_age_s);
    }
}

void conditional_no_store(struct response *res) {
    response_header(res, "Cache-Control", "no-store");
}
