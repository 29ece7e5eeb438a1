/* Prepares every statement of every repo on a migrated database, for statements.sh: a wrong table, column or type fails
 * here and not in front of a client. Also says which names or numbers of parameters are wrong.
 * usage: statements CONNECTION_STRING. Owns its connection; one thread. */
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repos/pg_session.h"

static bool complain(const char *repo, const struct pg_statement *statement, const char *problem) {
    (void)printf("%s: %s: %s\n", repo, statement->name, problem);
    return false;
}

/* Names are those of prepared statements, which all repos share on a connection. */
static bool is_unique(size_t table, size_t at) {
    const struct pg_statement *statement = &pg_statement_tables[table].statements[at];
    for (size_t t = 0; t <= table; t++) {
        const struct pg_statement_table *other = &pg_statement_tables[t];
        for (size_t i = 0; i < (t == table ? at : other->n); i++) {
            if (strcmp(other->statements[i].name, statement->name) == 0) {
                return complain(pg_statement_tables[table].repo, statement, "another statement has this name");
            }
        }
    }
    return true;
}

static bool has_params(PGconn *conn, const char *repo, const struct pg_statement *statement) {
    PGresult *result = PQdescribePrepared(conn, statement->name);
    char problem[128];
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) (void)complain(repo, statement, PQresultErrorMessage(result));
    if (ok && PQnparams(result) != statement->n_params) {
        (void)snprintf(problem, sizeof problem, "%d parameters are given, %d are used", statement->n_params,
                       PQnparams(result));
        ok = complain(repo, statement, problem);
    }
    PQclear(result);
    return ok;
}

static bool prepares(PGconn *conn, const char *repo, const struct pg_statement *statement) {
    if (statement->name == NULL || statement->sql == NULL) {
        (void)printf("%s: a row of its table is empty\n", repo);
        return false;
    }
    PGresult *result = PQprepare(conn, statement->name, statement->sql, 0, NULL);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) (void)complain(repo, statement, PQresultErrorMessage(result));
    PQclear(result);
    return ok && has_params(conn, repo, statement);
}

/* Returns how many statements are wrong. */
static size_t check(PGconn *conn, size_t *checked) {
    size_t wrong = 0;
    for (size_t t = 0; t < pg_statement_tables_count; t++) {
        const struct pg_statement_table *table = &pg_statement_tables[t];
        for (size_t i = 0; i < table->n; i++, (*checked)++) {
            if (!prepares(conn, table->repo, &table->statements[i]) || !is_unique(t, i)) wrong++;
        }
    }
    return wrong;
}

int main(int argc, char **argv) {
    PGconn *conn = PQconnectdb(argc > 1 ? argv[1] : "");
    size_t checked = 0, wrong = 0;
    bool connected = PQstatus(conn) == CONNECTION_OK;
    if (connected) {
        wrong = check(conn, &checked);
    } else {
        (void)fprintf(stderr, "%s", PQerrorMessage(conn));
    }
    PQfinish(conn);
    return connected && wrong == 0 && checked > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
