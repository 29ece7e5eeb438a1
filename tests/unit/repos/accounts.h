/* A PostgreSQL with the schema of sql/, made anew for each test, and what the tests of accounts ask it behind the
 * repos' back. The scene's coroutines share a pool of sessions, so that they meet in the database as instances do.
 * Owns the server and a connection. One thread. */
#ifndef DAPPD_TESTS_ACCOUNTS_H
#define DAPPD_TESTS_ACCOUNTS_H

#include "cluster.h"
#include "core/uuid.h"
#include "repos/session_repo.h"
#include "scene.h"
#include "schema.h"

enum { SESSIONS = 8, SQL_BYTES = 2048, NOW_SLACK_S = 60 };

static PGconn *conn;
static struct pg_options accounts_pool;
static uuid user_1, user_2; /* of accounts_reset: an admin and a user without addresses */

static int accounts_begin(void **state) {
    (void)state;
    if (!cluster_make()) return -1;
    conn = PQconnectdb(cluster.url);
    accounts_pool = (struct pg_options){.url = cluster.url,
                                        .lanes = 1,
                                        .sessions = SESSIONS,
                                        .max_waiting = 100,
                                        .statement_timeout_ms = FAR_MS,
                                        .connect_timeout_ms = FAR_MS};
    return 0;
}

static int accounts_end(void **state) {
    (void)state;
    PQfinish(conn);
    cluster_remove();
    return 0;
}

/* Returns the first value as text. */
__attribute__((format(printf, 1, 2))) static const char *ask(const char *format, ...) {
    char text[SQL_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof text);
    return sql(conn, text);
}

static inline int64_t count(const char *from) {
    return strtoll(ask("SELECT count(*) FROM %s", from), NULL, 10);
}

/* A user as SQL makes it, beside the log. */
static inline uuid put_user(const char *role, const char *email) {
    char text[UUID_TEXT_BYTES];
    uuid id = uuid_new();
    (void)ask("INSERT INTO users VALUES ('%s', '%s', NULL, NULLIF('%s', ''), 1, 100, 100)", uuid_format(text, &id),
              role, email);
    return id;
}

static int accounts_reset(void **state) {
    (void)state;
    (void)sql(conn, "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    schema_apply(conn);
    user_1 = put_user("admin", "");
    user_2 = put_user("user", "");
    return 0;
}

static inline address address_of(unsigned n) {
    return (address){{(uint8_t)n, (uint8_t)(n >> 8), 0xad}};
}

static inline uint64_t now_s(void) {
    return (uint64_t)strtoll(ask("SELECT extract(epoch FROM now())::bigint"), NULL, 10);
}

/* The rows of the log in order, as "action member+member;action". In: a regular expression. */
static inline const char *audit_log(const char *of_actions) {
    return ask("SELECT string_agg(rtrim(action || ' ' || array_to_string(members, '+')), ';' ORDER BY id) FROM audit"
               " WHERE action ~ '%s'",
               of_actions);
}

static inline bool in_uuid(const uuid *id, const char *expression) {
    char text[UUID_TEXT_BYTES];
    return strcmp(ask("SELECT (%s)::text", expression), uuid_format(text, id)) == 0;
}

/* However the changes went: each user there is was made, and none that is gone, by the log. */
static inline void assert_log_agrees(void) {
    assert_string_equal(
        ask("SELECT count(*) FROM (SELECT user_id FROM audit WHERE action IN ('user.create', 'user.delete')"
            "  GROUP BY 1 HAVING count(*) = 1 AND min(action) = 'user.create') made"
            " FULL JOIN (SELECT id FROM users WHERE created_at > 100) u ON u.id = made.user_id"
            " WHERE made.user_id IS NULL OR u.id IS NULL"),
        "0");
}

#define accounts_test(test) cmocka_unit_test_setup(test, accounts_reset)

#endif
