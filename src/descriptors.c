/* Each connection is a descriptor, and the system gives a process so many. What dappd itself opens comes first: clients
 * can never use it up. Owns nothing.
 * Main thread, before any other starts. */
#include <sys/resource.h>

#include "core/log.h"
#include "runtime.h"

enum {
    LOOP_DESCRIPTORS = 12,   /* a reactor's own: epoll, wake-up, listening socket */
    NODE_DESCRIPTORS = 80,   /* its connections to nodes */
    CANCEL_DESCRIPTORS = 8,  /* its connections that cancel queries of the database */
    INDEXER_DESCRIPTORS = 4, /* a chain's sessions of its own */
    OTHER_DESCRIPTORS = 16   /* standard streams, libraries */
};

/* Of all reactors, the indexer's included. */
static size_t count_for_database(const struct runtime *runtime) {
    const struct config *config = runtime->app.config;
    if (config->database_url[0] == '\0') return 0;
    size_t of_reactor = config->database_lanes + config->database_sessions + CANCEL_DESCRIPTORS;
    return (runtime->app.threads + 1) * of_reactor + config->n_chains * INDEXER_DESCRIPTORS;
}

/* Takes all that the system allows. Returns how many that is, or 0. */
static size_t raise_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    return limit.rlim_cur;
}

size_t descriptors_allow(const struct runtime *runtime) {
    size_t wanted = runtime->app.config->max_connections, all = raise_limit();
    size_t for_database = count_for_database(runtime);
    size_t reactors = runtime->app.threads + (for_database > 0 ? 1 : 0);
    size_t needed = reactors * LOOP_DESCRIPTORS + for_database + OTHER_DESCRIPTORS;
    size_t for_nodes = reactors * NODE_DESCRIPTORS < all / 4 ? reactors * NODE_DESCRIPTORS : all / 4;
    if (all <= needed + for_nodes) {
        log_write(LOG_APP, LOG_ERROR, "the limit of open files is too low", LOG_U64("limit", all),
                  LOG_U64("needed", needed + for_nodes + 1));
        return 0;
    }
    size_t possible = all - needed - for_nodes;
    if (possible >= wanted || !runtime->serves) return wanted;
    log_write(LOG_APP, LOG_WARN, "the limit of open files allows fewer connections than max_connections",
              LOG_U64("limit", all), LOG_U64("connections", possible));
    return possible;
}
