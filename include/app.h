/* Everything that lives as long as the process, made in order and taken down in reverse by app.c. Shared by all
 * reactors: constant after start, or a module that does its own locking. */
#ifndef DAPPD_APP_H
#define DAPPD_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "core/buckets.h"
#include "core/cache.h"
#include "middleware/authenticator.h"
#include "middleware/client_address.h"
#include "repos/index_status.h"
#include "repos/tx_status.h"
#include "rpc/chain.h"
#include "services/abi_store.h"
#include "services/auth.h"

struct app {
    const struct config *config;
    struct cache *cache;
    struct chain **chains;
    size_t n_chains;
    struct abi_store *abis;             /* of registered contracts */
    struct index_status **index_status; /* one for each chain; NULL without a database */
    struct tx_status **tx_status;       /* likewise */
    struct trusted_proxies *trusted_proxies;
    struct buckets *buckets; /* of clients; NULL where they are not limited */
    struct authenticator authenticator;
    struct auth *auth; /* NULL when dappd only indexes */
    unsigned threads;
    uint64_t started_us; /* clock_now_us */
    atomic_bool draining;
};

/* Serve, and index what is to be indexed, or index alone, until SIGTERM or SIGINT. Return the exit code: 0 after a
 * clean shutdown, 1 when it could not start. */
int app_serve(const struct config *config);
int app_index(const struct config *config);

/* Brings the database to this dappd's schema. Returns the exit code; what went wrong is said on stderr. */
int app_migrate(const struct config *config);

#endif
