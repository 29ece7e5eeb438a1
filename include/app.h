/* Everything that lives as long as the process, made in order and taken down in reverse by app.c. Shared by all
 * reactors: constant after start, or a module that does its own locking. */
#ifndef DAPPD_APP_H
#define DAPPD_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "core/cache.h"
#include "repos/index_status.h"
#include "rpc/chain.h"

struct app {
    const struct config *config;
    struct cache *cache;
    struct chain **chains;
    size_t n_chains;
    struct index_status **index_status; /* one for each chain; NULL without a database */
    unsigned threads;
    uint64_t started_us; /* clock_now_us */
    atomic_bool draining;
};

/* Serves until SIGTERM or SIGINT. Returns the exit code: 0 after a clean shutdown, 1 when it could not start. */
int app_serve(const struct config *config);

#endif
