/* Counts each request against its client's limit, and says on every answer how much of it is left. Stateless but for
 * the app's buckets; the request's coroutine. */
#include "middleware/rate_limit.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "app.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "http/route.h"
#include "middleware/middleware.h"

enum { BODY_BYTES_PER_TOKEN = 4096, IPV6_CLIENT_BYTES = 8 }; /* a customer is given a /64, or more */

/* A class of buckets: those of the route table, and one more. */
enum { CLASS_GUESSES = COST_CLASS_COUNT, CLASS_COUNT };

enum owner { OWNER_KEY, OWNER_USER, OWNER_WALLET, OWNER_IPV4, OWNER_IPV6, OWNER_UNIX };

/* Whose bucket of which class. */
struct bucket_key {
    uint8_t class;
    uint8_t owner;
    uint8_t id[20]; /* zeros behind shorter ones */
};

static void set_owner(struct bucket_key *key, enum owner owner, const void *id, size_t len) {
    assert(len <= sizeof key->id);
    key->owner = (uint8_t)owner;
    memcpy(key->id, id, len);
}

static void set_address(struct bucket_key *key, const struct peer_address *client) {
    if (client->is_unix) {
        set_owner(key, OWNER_UNIX, client->ip, 0);
    } else if (peer_address_is_v4(client)) {
        set_owner(key, OWNER_IPV4, client->ip, sizeof client->ip);
    } else {
        set_owner(key, OWNER_IPV6, client->ip, IPV6_CLIENT_BYTES);
    }
}

static void set_client(struct bucket_key *key, const struct request *req) {
    const struct principal *who = &req->principal;
    if (who->kind == PRINCIPAL_KEY) {
        set_owner(key, OWNER_KEY, who->id.bytes, sizeof who->id.bytes);
    } else if (who->kind == PRINCIPAL_SESSION && who->has_user) {
        set_owner(key, OWNER_USER, who->user.bytes, sizeof who->user.bytes);
    } else if (who->kind == PRINCIPAL_SESSION) {
        set_owner(key, OWNER_WALLET, who->address, sizeof who->address);
    } else {
        set_address(key, &req->client);
    }
}

static uint64_t bounded(uint64_t tokens) {
    if (tokens == 0) return 1;
    return tokens < BUCKET_MAX_TOKENS ? tokens : BUCKET_MAX_TOKENS;
}

/* Returns false when there is no limit. */
static bool find_rate(struct bucket_rate *rate, const struct config *config, unsigned class, bool is_known) {
    const uint64_t settings[CLASS_COUNT] = {
        [COST_CACHED] = config->rate_limit_cached_per_min, [COST_LIVE] = config->rate_limit_live_per_min,
        [COST_LIST] = config->rate_limit_list_per_min,     [COST_WRITE] = config->rate_limit_write_per_min,
        [CLASS_GUESSES] = config->rate_limit_live_per_min,
    };
    uint64_t per_min = settings[class] * (is_known ? config->rate_limit_user_factor : 1);
    if (per_min == 0) return false;
    rate->per_min = bounded(per_min);
    rate->size = bounded(per_min * config->rate_limit_burst_s / 60);
    return true;
}

static void set_headers(struct response *res, const struct bucket_rate *rate, const struct bucket_verdict *verdict) {
    response_headerf(res, "RateLimit-Limit", "%llu", (unsigned long long)rate->size);
    response_headerf(res, "RateLimit-Remaining", "%llu", (unsigned long long)verdict->remaining);
    response_headerf(res, "RateLimit-Reset", "%llu", (unsigned long long)verdict->reset_s);
}

static enum err refuse(struct request *req, unsigned class, const struct bucket_rate *rate, uint64_t retry_s) {
    metrics_add(METRIC_RATE_LIMITED, class, 0, 1);
    enum err err = task_fail(&req->task, ERR_RATE_LIMITED, "%llu %s a minute, at most %llu at once",
                             (unsigned long long)rate->per_min,
                             class == CLASS_GUESSES ? "credentials that are not valid" : "requests of this class",
                             (unsigned long long)rate->size);
    req->task.fault.retry_after_s = retry_s < INT_MAX ? (int)retry_s : INT_MAX;
    return err;
}

static enum err count_request(struct request *req, struct response *res) {
    struct buckets *buckets = req->app->buckets;
    struct bucket_key key = {.class = (uint8_t)req->route->cost};
    struct bucket_rate rate;
    struct bucket_verdict verdict;
    bool is_known = req->principal.kind != PRINCIPAL_ANONYMOUS;
    if (buckets == NULL || !find_rate(&rate, req->app->config, key.class, is_known)) return ERR_OK;
    set_client(&key, req);
    buckets_take(buckets, &verdict, &key, sizeof key, &rate, 1 + req->body.len / BODY_BYTES_PER_TOKEN, clock_now_us());
    set_headers(res, &rate, &verdict);
    return verdict.allowed ? ERR_OK : refuse(req, key.class, &rate, verdict.retry_s);
}

/* In: cost, 0 to look only. Returns how many more the address may make. */
static uint64_t count_guesses(struct request *req, struct response *res, struct bucket_rate *rate, uint64_t cost) {
    struct bucket_key key = {.class = CLASS_GUESSES};
    struct bucket_verdict verdict;
    if (req->app->buckets == NULL || !find_rate(rate, req->app->config, CLASS_GUESSES, false)) return UINT64_MAX;
    set_address(&key, &req->client);
    buckets_take(req->app->buckets, &verdict, &key, sizeof key, rate, cost, clock_now_us());
    if (cost > 0 || verdict.remaining == 0) set_headers(res, rate, &verdict);
    return verdict.remaining;
}

enum err rate_limit_check_guesses(struct request *req, struct response *res) {
    struct bucket_rate rate;
    if (count_guesses(req, res, &rate, 0) > 0) return ERR_OK;
    return refuse(req, CLASS_GUESSES, &rate, (60 + rate.per_min - 1) / rate.per_min); /* one more by then */
}

void rate_limit_count_guess(struct request *req, struct response *res) {
    struct bucket_rate rate;
    (void)count_guesses(req, res, &rate, 1);
}

void rate_limit_set_metric_labels(void) {
    static const char *const names[CLASS_COUNT] = {
        [COST_FREE] = "free",   [COST_CACHED] = "cached", [COST_LIVE] = "live",        [COST_LIST] = "list",
        [COST_WRITE] = "write", [COST_PROBE] = "probe",   [CLASS_GUESSES] = "guesses",
    };
    metrics_set_label_values(METRIC_LABEL_CLASS, names, CLASS_COUNT);
}

void middleware_rate_limit(struct request *req, struct response *res, const struct middleware_next *next) {
    middleware_next_if_ok(req, res, next, count_request(req, res));
}
