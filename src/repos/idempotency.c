/* A request that may be sent again is a row of idempotency_keys, by primary key, from the beginning of the transaction
 * that does it: it is there if and only if what it tells is. Owns nothing; the task's coroutine. */
#include "idempotency.h"

#include <assert.h>
#include <string.h>

#include "account_db.h"
#include "core/clock.h"

/* The row that was in the way may be swept before it is read; not again and again. */
enum { MAX_ROUNDS = 3 };

const struct pg_statement idempotency_statements[IDEMPOTENCY_STATEMENT_COUNT] = {
    /* $1 user, $2 key's hash, $3 fingerprint, $4 resource, $5 sealed secret or null, $6 now; no row when it is there */
    [IDEMPOTENCY_BEGIN] = {"idempotency_begin", 6,
                           "INSERT INTO idempotency_keys"
                           " (user_id, key_hash, fingerprint, resource, sealed_secret, created_at)"
                           " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true"},
    /* $1 user, $2 key's hash */
    [IDEMPOTENCY_FIND] = {"idempotency_find", 2,
                          "SELECT fingerprint, resource, sealed_secret FROM idempotency_keys"
                          " WHERE user_id = $1 AND key_hash = $2"},
};

/* Out: *begun. */
static enum err begin(struct task *task, struct pg_session *session, bool *begun,
                      const struct idempotency_record *record, const uuid *user, const struct idempotency *what) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, user);
    pg_param_bytes(&params, what->key_hash, sizeof what->key_hash);
    pg_param_bytes(&params, what->fingerprint, sizeof what->fingerprint);
    pg_param_uuid(&params, &record->resource);
    if (record->has_sealed_secret) {
        pg_param_bytes(&params, record->sealed_secret, sizeof record->sealed_secret);
    } else {
        pg_param_null(&params);
    }
    pg_param_i64(&params, (int64_t)clock_wall_s());
    enum err err = pg_session_query(task, session, &rows, &idempotency_statements[IDEMPOTENCY_BEGIN], &params);
    *begun = err == ERR_OK && rows.n > 0;
    if (err != ERR_INTERNAL || strcmp(pg_session_sqlstate(session), SQLSTATE_FOREIGN_KEY) != 0) return err;
    return task_fail(task, ERR_USER_NOT_FOUND, "who asks is no user any more");
}

/* Out: *found, and then record. In: rows of IDEMPOTENCY_FIND. */
static enum err read_record(struct task *task, bool *found, struct idempotency_record *record, struct pg_rows *rows,
                            const struct idempotency *what) {
    size_t len;
    *found = rows->n > 0;
    if (!*found) return ERR_OK;
    hash32 fingerprint = pg_hash32(rows, 0, 0);
    if (memcmp(fingerprint.bytes, what->fingerprint, sizeof what->fingerprint) != 0) {
        return task_fail(task, ERR_IDEMPOTENCY_KEY_REUSED, "send another Idempotency-Key with another request");
    }
    *record = (struct idempotency_record){.resource = pg_uuid(rows, 0, 1)};
    const char *sealed = pg_text(rows, 0, 2, &len);
    record->has_sealed_secret = sealed != NULL && len == sizeof record->sealed_secret;
    if (record->has_sealed_secret) memcpy(record->sealed_secret, sealed, len);
    return pg_rows_check(task, rows);
}

/* In: session, NULL for a read of its own. */
static enum err find(struct task *task, struct pg_session *session, bool *found, struct idempotency_record *record,
                     const uuid *user, const struct idempotency *what) {
    const struct pg_statement *statement = &idempotency_statements[IDEMPOTENCY_FIND];
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, user);
    pg_param_bytes(&params, what->key_hash, sizeof what->key_hash);
    enum err err = session != NULL ? pg_session_query(task, session, &rows, statement, &params)
                                   : account_read(task, &rows, statement, &params);
    return err == ERR_OK ? read_record(task, found, record, &rows, what) : err;
}

enum err idempotency_find(struct task *task, bool *replayed, struct idempotency_record *record, const uuid *user,
                          const struct idempotency *what) {
    *replayed = false;
    return what != NULL ? find(task, NULL, replayed, record, user, what) : ERR_OK;
}

enum err idempotency_begin(struct task *task, struct pg_session *session, bool *replayed,
                           struct idempotency_record *record, const uuid *user, const struct idempotency *what) {
    bool begun = what == NULL;
    *replayed = false;
    assert(what == NULL || user != NULL);
    for (int round = 0; !begun && !*replayed && round < MAX_ROUNDS; round++) {
        enum err err = begin(task, session, &begun, record, user, what);
        if (err == ERR_OK && !begun) err = find(task, session, replayed, record, user, what);
        if (err != ERR_OK) return err;
    }
    if (begun || *replayed) return ERR_OK;
    return task_fail(task, ERR_ACCOUNTS_UNAVAILABLE, "the Idempotency-Key is being used by others");
}
