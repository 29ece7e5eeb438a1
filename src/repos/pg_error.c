/* SQLSTATEs sorted into what a caller can do about them; the rest of what PostgreSQL says is for the log. Owns nothing.
 * On the reactor's thread. */
#include "pg_error.h"

#include <string.h>

/* The first whose prefix matches. What is in none is refused for what it is: a bug of ours. */
static const struct {
    const char *prefix;
    enum err err;
} meanings[] = {
    {"57014", ERR_TIMEOUT},           /* cancelled, or statement_timeout */
    {"57", ERR_INDEX_UNAVAILABLE},    /* shutting down, crashed, starting up */
    {"08", ERR_INDEX_UNAVAILABLE},    /* connection */
    {"53", ERR_INDEX_UNAVAILABLE},    /* too many connections, out of memory or disk */
    {"58", ERR_INDEX_UNAVAILABLE},    /* input or output outside PostgreSQL */
    {"40", ERR_INDEX_UNAVAILABLE},    /* rolled back in favour of another transaction */
    {"25006", ERR_INDEX_UNAVAILABLE}, /* what was written to has become a standby */
    {"25P03", ERR_INDEX_UNAVAILABLE}, /* ended for idling in a transaction */
    {"55P03", ERR_INDEX_UNAVAILABLE}, /* lock not available in time */
};

enum err pg_error_of(const char *sqlstate) {
    if (sqlstate == NULL || *sqlstate == '\0') return ERR_INDEX_UNAVAILABLE;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (strncmp(sqlstate, meanings[i].prefix, strlen(meanings[i].prefix)) == 0) return meanings[i].err;
    }
    return ERR_INTERNAL;
}

const char *pg_error_sqlstate(const PGresult *result) {
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return sqlstate != NULL ? sqlstate : "";
}

enum err pg_error_fail(struct task *task, enum err err) {
    if (err == ERR_TIMEOUT) return task_fail(task, err, "the index did not answer in time");
    if (err == ERR_INTERNAL) return task_fail(task, err, "the index cannot answer this");
    (void)task_fail(task, ERR_INDEX_UNAVAILABLE, "the database of the index cannot be reached");
    task->fault.retry_after_s = PG_RETRY_AFTER_S;
    return ERR_INDEX_UNAVAILABLE;
}

/* The primary message alone: details and hints quote values. */
void pg_error_log_result(const PGresult *result, const char *statement) {
    log_write(LOG_DB, LOG_WARN, "the database refuses", LOG_STR("statement", statement),
              LOG_STR("sqlstate", PQresultErrorField(result, PG_DIAG_SQLSTATE)),
              LOG_STR("message", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
}

/* libpq's message begins with the address: 'connection to server at "..." failed: '; of several hosts the last is told.
 * In: message, one line of it is logged. */
static void log_without_address(enum log_level level, const char *what, const char *message) {
    static const char mark[] = " failed: ";
    for (const char *at = message; (at = strstr(at, mark)) != NULL; message = at) at += strlen(mark);
    char line[256];
    size_t len = strcspn(message, "\n");
    if (len >= sizeof line) len = sizeof line - 1;
    memcpy(line, message, len);
    line[len] = '\0';
    log_write(LOG_DB, level, what, LOG_STR("message", line));
}

void pg_error_log_connection(PGconn *conn, const char *problem, enum log_level level) {
    log_without_address(level, "no connection to the database", problem != NULL ? problem : PQerrorMessage(conn));
}

void pg_error_log_loss(PGconn *conn) {
    log_without_address(LOG_WARN, "the connection to the database is lost", PQerrorMessage(conn));
}
