/* Where a connection string leads, and the way there without a look-up of names inside libpq. A target is owned by
 * whoever made it; one thread. */
#ifndef DAPPD_REPOS_PG_TARGET_H
#define DAPPD_REPOS_PG_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include <libpq-fe.h>

#include "core/resolve.h"

struct pg_target;

/* Returns NULL when the connection string cannot be read. In: url, borrowed; turn, how many attempts were made before:
 * the list of hosts begins with another one each time. */
struct pg_target *pg_target_new(const char *url, unsigned turn);
void pg_target_free(struct pg_target *target);

/* The next host whose addresses have to be found, or NULL when all are known. */
const char *pg_target_next_name(const struct pg_target *target);
void pg_target_set_addresses(struct pg_target *target, const char (*addresses)[RESOLVE_TEXT_BYTES], size_t n);

/* False when no name had an address. */
bool pg_target_has_host(const struct pg_target *target);

/* Begins to connect. In: settings, behind those of the connection string, "-c name=value ...". Returns as
 * PQconnectStartParams does. */
PGconn *pg_target_connect(struct pg_target *target, const char *settings, const char *application_name);

#endif
