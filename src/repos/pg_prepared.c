/* A short list of pointers into the repos' tables of statements. Owned by the connection on which they are prepared.
 * On the reactor's thread. */
#include "pg_prepared.h"

#include <stdlib.h>

enum { FIRST_CAP = 16 };

/* Returns n when it is not there. */
static size_t place_of(const struct pg_prepared *prepared, const struct pg_statement *statement) {
    size_t i = 0;
    while (i < prepared->n && prepared->statements[i] != statement) i++;
    return i;
}

bool pg_prepared_has(const struct pg_prepared *prepared, const struct pg_statement *statement) {
    return place_of(prepared, statement) < prepared->n;
}

void pg_prepared_add(struct pg_prepared *prepared, const struct pg_statement *statement) {
    if (prepared->n == prepared->cap) {
        prepared->cap = prepared->cap > 0 ? 2 * prepared->cap : FIRST_CAP;
        prepared->statements = realloc(prepared->statements, prepared->cap * sizeof *prepared->statements);
        if (prepared->statements == NULL) abort();
    }
    prepared->statements[prepared->n++] = statement;
}

void pg_prepared_remove(struct pg_prepared *prepared, const struct pg_statement *statement) {
    size_t i = place_of(prepared, statement);
    if (i < prepared->n) prepared->statements[i] = prepared->statements[--prepared->n];
}

void pg_prepared_free(struct pg_prepared *prepared) {
    free(prepared->statements);
    *prepared = (struct pg_prepared){.n = 0};
}
