/* Applies the files of sql/ that a database has not seen yet, one transaction each, while a lock keeps every other
 * instance out. The session is the caller's.
 * On the reactor's thread, in a coroutine. */
#include "repos/migrate.h"

#include <string.h>

#include "core/log.h"
#include "eth/keccak.h"
#include "migrate_plan.h"
#include "migrate_sql.h"
#include "migration.h"
#include "repos/pg_value.h"

#define INSUFFICIENT_PRIVILEGE "42501"

enum {
    LOCK_POLL_MS = 50,
    LOCK_WAIT_MS = 10000,
    FILE_LIMIT_MS = 60 * 60 * 1000 /* it may rewrite hundreds of millions of rows */
};

static size_t count_ours(void) {
    return (size_t)(migrations_end - migrations);
}

static hash32 checksum_of(const struct migration *migration) {
    hash32 checksum;
    keccak256(checksum.bytes, migration->text, (size_t)(migration->end - migration->text));
    return checksum;
}

/* Says what PostgreSQL has refused; its own words are in the log. */
static enum err explain(struct task *task, const struct pg_session *session, enum err err, const char *file) {
    if (err != ERR_INTERNAL) return err;
    const char *sqlstate = pg_session_sqlstate(session);
    if (strcmp(sqlstate, INSUFFICIENT_PRIVILEGE) == 0) {
        return task_fail(task, err, "the database's user lacks a right that %s takes", file);
    }
    return task_fail(task, err, "the database refuses %s (SQLSTATE %s)", file, sqlstate);
}

/* A statement that answers with one boolean. */
static enum err ask(struct task *task, struct pg_session *session, bool *out, enum migrate_statement which) {
    struct pg_rows rows;
    enum err err = pg_session_query(task, session, &rows, &migrate_statements[which], NULL);
    if (err != ERR_OK) return err;
    *out = rows.n == 1 && pg_bool(&rows, 0, 0);
    return pg_rows_check(task, &rows);
}

static enum err take_lock(struct task *task, struct pg_session *session) {
    uint64_t end_ms = reactor_now_ms(task->reactor) + LOCK_WAIT_MS;
    bool taken = false;
    enum err err;
    while ((err = ask(task, session, &taken, MIGRATE_LOCK)) == ERR_OK && !taken) {
        if (reactor_now_ms(task->reactor) >= end_ms) {
            return task_fail(task, ERR_INDEX_UNAVAILABLE, "another dappd is still bringing the database up to date");
        }
        reactor_sleep_ms(task->reactor, LOCK_POLL_MS);
    }
    return err;
}

static enum err refuse(struct task *task, enum migrate_verdict verdict, int64_t version) {
    long long at = (long long)version;
    switch (verdict) {
    case MIGRATE_APPLY:
        return ERR_OK;
    case MIGRATE_NEWER:
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "the database is at schema version %lld, and this dappd knows versions up to %zu: run a newer "
                         "dappd, or give this one another database",
                         at, count_ours());
    case MIGRATE_GAP:
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "schema_migrations lacks version %lld below a later one: the database was not made by dappd "
                         "alone",
                         at);
    case MIGRATE_CHANGED:
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "schema version %lld of the database was made by another %s than this dappd's: run the dappd "
                         "that made it, or give this one another database",
                         at, migrations[version - 1].file);
    }
    return ERR_OK;
}

/* Names are UTF-8 and counted in characters: another encoding would refuse some of them, later. */
static enum err check_encoding(struct task *task, struct pg_session *session) {
    bool is_utf8;
    enum err err = ask(task, session, &is_utf8, MIGRATE_IS_UTF8);
    if (err != ERR_OK || is_utf8) return err;
    return task_fail(task, ERR_INVALID_PARAMETER,
                     "the database has another encoding than UTF8: make one with CREATE DATABASE ... ENCODING 'UTF8' "
                     "TEMPLATE template0");
}

static enum err read_applied(struct task *task, struct pg_session *session, struct migrate_step **out, size_t *n) {
    struct pg_rows rows;
    *n = 0;
    bool has_table = false;
    enum err err = ask(task, session, &has_table, MIGRATE_HAS_TABLE);
    if (err != ERR_OK || !has_table) return err;
    err = pg_session_query(task, session, &rows, &migrate_statements[MIGRATE_APPLIED], NULL);
    if (err != ERR_OK) return explain(task, session, err, "a read of schema_migrations");
    *out = arena_alloc(task->arena, (rows.n + 1) * sizeof **out);
    if (*out == NULL) return task_fail(task, ERR_INTERNAL, "schema_migrations is too long");
    for (size_t i = 0; i < rows.n; i++) {
        (*out)[i] = (struct migrate_step){pg_i64(&rows, i, 0), pg_hash32(&rows, i, 1)};
    }
    *n = rows.n;
    return pg_rows_check(task, &rows);
}

/* Out: *version, that the database is at. Fails when it is none that this dappd may work on. */
static enum err find_version(struct task *task, struct pg_session *session, int64_t *version) {
    struct migrate_step *applied = NULL;
    size_t n_applied, n_ours = count_ours();
    struct migrate_step *ours = arena_alloc(task->arena, n_ours * sizeof *ours);
    if (ours == NULL) return task_fail(task, ERR_INTERNAL, "too many migrations");
    for (size_t i = 0; i < n_ours; i++) {
        ours[i] = (struct migrate_step){(int64_t)i + 1, checksum_of(&migrations[i])};
    }
    enum err err = read_applied(task, session, &applied, &n_applied);
    if (err != ERR_OK) return err;
    enum migrate_verdict verdict = migrate_compare(version, applied, n_applied, ours, n_ours);
    return refuse(task, verdict, *version);
}

static enum err record(struct task *task, struct pg_session *session, const struct migration *migration,
                       int64_t version) {
    struct pg_rows rows;
    struct pg_params params = {.n = 0};
    hash32 checksum = checksum_of(migration);
    pg_param_i64(&params, version);
    pg_param_text(&params, migration->file);
    pg_param_hash32(&params, &checksum);
    return pg_session_query(task, session, &rows, &migrate_statements[MIGRATE_RECORD], &params);
}

static enum err apply(struct task *task, struct pg_session *session, int64_t version) {
    const struct migration *migration = &migrations[version - 1];
    task->deadline_ms = reactor_now_ms(task->reactor) + FILE_LIMIT_MS;
    enum err err = pg_session_execute(task, session, "BEGIN");
    if (err == ERR_OK && version == 1) err = pg_session_execute(task, session, migrate_create_table);
    if (err == ERR_OK) err = pg_session_execute(task, session, migration->text);
    if (err == ERR_OK) err = record(task, session, migration, version);
    if (err == ERR_OK) err = pg_session_execute(task, session, "COMMIT");
    if (err != ERR_OK) return explain(task, session, err, migration->file);
    log_write(LOG_DB, LOG_INFO, "migrated", LOG_STR("file", migration->file), LOG_I64("version", version));
    return ERR_OK;
}

static enum err apply_missing(struct task *task, struct pg_session *session, unsigned *applied) {
    int64_t version = 0;
    enum err err = find_version(task, session, &version);
    while (err == ERR_OK && version < (int64_t)count_ours()) {
        err = apply(task, session, ++version);
        if (err == ERR_OK) (*applied)++;
    }
    return err;
}

enum err migrate_run(struct task *task, struct pg_session *session, unsigned *applied) {
    *applied = 0;
    enum err err = take_lock(task, session);
    bool unlocked;
    if (err == ERR_OK) err = check_encoding(task, session);
    if (err == ERR_OK) err = apply_missing(task, session, applied);
    if (err == ERR_OK) err = ask(task, session, &unlocked, MIGRATE_UNLOCK);
    return err;
}
