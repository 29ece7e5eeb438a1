/* SQL of a test's own and the schema of sql/, on the test's connection. One thread. */
#ifndef DAPPD_TESTS_SCHEMA_H
#define DAPPD_TESTS_SCHEMA_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

enum { SCHEMA_TEXT_BYTES = 64 * 1024 };

/* Returns the first value as text, "" for none. */
static const char *sql(PGconn *conn, const char *text) {
    static char value[SCHEMA_TEXT_BYTES];
    PGresult *result = PQexec(conn, text);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        fail_msg("%s: %s", text, PQresultErrorMessage(result));
    }
    bool any = status == PGRES_TUPLES_OK && PQntuples(result) > 0;
    (void)snprintf(value, sizeof value, "%s", any ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return value;
}

static void schema_apply(PGconn *conn) {
    static char text[SCHEMA_TEXT_BYTES];
    glob_t found;
    (void)sql(conn, "SET client_min_messages = warning");
    assert_int_equal(glob("sql/*.sql", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "r");
        assert_non_null(file);
        size_t len = fread(text, 1, sizeof text - 1, file);
        assert_true(len < sizeof text - 1);
        text[len] = '\0';
        (void)fclose(file);
        (void)sql(conn, text);
    }
    globfree(&found);
}

#endif
