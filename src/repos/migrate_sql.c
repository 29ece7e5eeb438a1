/* SQL on schema_migrations: which files a database has seen. The lock's key is below zero, where no chain's is.
 * Constant data, owned by nobody.
 * Any thread. */
#include "migrate_sql.h"

#define LOCK_KEY "-1"

const struct pg_statement migrate_statements[MIGRATE_STATEMENTS] = {
    [MIGRATE_LOCK] = {"migrate_lock", 0, "SELECT pg_try_advisory_lock(" LOCK_KEY "::bigint)"},
    [MIGRATE_UNLOCK] = {"migrate_unlock", 0, "SELECT pg_advisory_unlock(" LOCK_KEY "::bigint)"},
    [MIGRATE_IS_UTF8] = {"migrate_is_utf8", 0, "SELECT current_setting('server_encoding') = 'UTF8'"},
    [MIGRATE_HAS_TABLE] = {"migrate_has_table", 0, "SELECT to_regclass('schema_migrations') IS NOT NULL"},
    [MIGRATE_APPLIED] = {"migrate_applied", 0, "SELECT version, checksum FROM schema_migrations ORDER BY version"},
    [MIGRATE_RECORD] = {"migrate_record", 3,
                        "INSERT INTO schema_migrations (version, file, checksum) VALUES ($1, $2, $3)"},
};

const char migrate_create_table[] = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                                    " version    bigint PRIMARY KEY,"
                                    " file       text   NOT NULL,"
                                    " checksum   bytea  NOT NULL," /* Keccak-256 of the file */
                                    " applied_at timestamptz NOT NULL DEFAULT now())";
