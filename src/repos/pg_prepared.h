/* The statements that are prepared on one connection, which owns the set; its thread. */
#ifndef DAPPD_REPOS_PG_PREPARED_H
#define DAPPD_REPOS_PG_PREPARED_H

#include <stdbool.h>
#include <stddef.h>

#include "repos/pg_session.h"

/* Few enough to be looked through. */
struct pg_prepared {
    const struct pg_statement **statements;
    size_t n;
    size_t cap;
};

bool pg_prepared_has(const struct pg_prepared *prepared, const struct pg_statement *statement);
void pg_prepared_add(struct pg_prepared *prepared, const struct pg_statement *statement);
void pg_prepared_remove(struct pg_prepared *prepared, const struct pg_statement *statement);

/* Empties it and gives its memory back. */
void pg_prepared_free(struct pg_prepared *prepared);

#endif
