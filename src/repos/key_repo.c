/* API keys as rows. What is given lives in the task's arena; its coroutine. */
#include "repos/key_repo.h"

#include <assert.h>
#include <string.h>

#include "account_db.h"
#include "idempotency.h"
#include "key_repo_sql.h"
#include "live_session.h"
#include "user_rows.h"

static uint64_t time_or_never(struct pg_rows *rows, size_t row, int column) {
    return pg_is_null(rows, row, column) ? 0 : (uint64_t)pg_i64(rows, row, column);
}

static void read_key(struct api_key *out, struct pg_rows *rows, size_t row) {
    const hash32 secret_hash = pg_hash32(rows, row, 4);
    *out = (struct api_key){.id = pg_uuid(rows, row, 0),
                            .user = pg_uuid(rows, row, 1),
                            .admin = pg_bool(rows, row, 2),
                            .name = pg_string(rows, row, 3),
                            .scopes = (uint32_t)pg_i32(rows, row, 5),
                            .created_at_s = (uint64_t)pg_i64(rows, row, 6),
                            .expires_at_s = time_or_never(rows, row, 7),
                            .last_used_at_s = time_or_never(rows, row, 8)};
    memcpy(out->secret_hash, secret_hash.bytes, sizeof out->secret_hash);
}

static enum err not_found(struct task *task) {
    return task_fail(task, ERR_KEY_NOT_FOUND, "there is no such API key");
}

static enum err take_one(struct task *task, struct api_key *out, struct pg_rows *rows) {
    if (rows->n == 0) return not_found(task);
    read_key(out, rows, 0);
    return pg_rows_check(task, rows);
}

enum err key_repo_get(struct task *task, struct api_key *out, const uuid *id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, id);
    enum err err = account_read(task, &rows, &key_repo_statements[KEY_REPO_GET], &params);
    return err == ERR_OK ? take_one(task, out, &rows) : err;
}

enum err key_repo_page(struct task *task, struct api_key_page *out, const uuid *user, const uuid *after, size_t limit) {
    static const uuid first = {{0}};
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    *out = (struct api_key_page){.n_rows = 0};
    pg_param_uuid(&params, user);
    pg_param_uuid(&params, after != NULL ? after : &first);
    pg_param_i64(&params, (int64_t)limit + 1);
    enum err err = account_read(task, &rows, &key_repo_statements[KEY_REPO_PAGE], &params);
    if (err != ERR_OK) return err;
    out->more = rows.n > limit;
    out->n_rows = out->more ? limit : rows.n;
    out->rows = arena_alloc(task->arena, out->n_rows * sizeof *out->rows);
    if (out->rows == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < out->n_rows; i++) read_key(&out->rows[i], &rows, i);
    return pg_rows_check(task, &rows);
}

struct creation {
    struct api_key *key; /* as it is asked for, then as it is */
    bool *replayed;
    uint8_t *sealed;
    size_t max;
    const uint8_t *sealed_secret;
    const struct audit_actor *by;
    const struct idempotency *idempotency;
};

static enum err insert_key(struct task *task, struct pg_session *session, const struct creation *creation) {
    const struct api_key *key = creation->key;
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    account_param_log(&params, creation->by);
    pg_param_uuid(&params, &key->id);
    pg_param_uuid(&params, &key->user);
    pg_param_text(&params, key->name);
    pg_param_bytes(&params, key->secret_hash, sizeof key->secret_hash);
    pg_param_i32(&params, (int32_t)key->scopes);
    if (key->expires_at_s > 0) {
        pg_param_i64(&params, (int64_t)key->expires_at_s);
    } else {
        pg_param_null(&params);
    }
    pg_param_i64(&params, (int64_t)creation->max);
    enum err err = pg_session_query(task, session, &rows, &key_repo_statements[KEY_REPO_CREATE], &params);
    if (err != ERR_OK || rows.n > 0) return err;
    return task_fail(task, ERR_LIMIT_REACHED, "a user may have %zu API keys", creation->max);
}

/* In: id, of the key that was made now or before. */
static enum err find_key(struct task *task, struct pg_session *session, struct api_key *out, const uuid *id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, id);
    enum err err = pg_session_query(task, session, &rows, &key_repo_statements[KEY_REPO_GET], &params);
    return err == ERR_OK ? take_one(task, out, &rows) : err;
}

/* A secret that is not there any more cannot be given again. */
static enum err take_sealed(struct task *task, const struct creation *creation,
                            const struct idempotency_record *record) {
    if (!*creation->replayed) return ERR_OK;
    if (!record->has_sealed_secret) return task_fail(task, ERR_IDEMPOTENCY_KEY_REUSED, "it made something else");
    memcpy(creation->sealed, record->sealed_secret, sizeof record->sealed_secret);
    return ERR_OK;
}

static enum err create_key(struct task *task, struct pg_session *session, void *arg) {
    const struct creation *creation = arg;
    struct idempotency_record record = {.resource = creation->key->id,
                                        .has_sealed_secret = creation->sealed_secret != NULL};
    struct user user;
    *creation->replayed = false;
    if (record.has_sealed_secret) memcpy(record.sealed_secret, creation->sealed_secret, sizeof record.sealed_secret);
    enum err err = user_rows_lock(task, session, &user, &creation->key->user, 0, USER_LOCK_TO_CHANGE);
    if (err == ERR_OK) err = live_session_hold(task, session, creation->by);
    if (err != ERR_OK) return err;
    err = idempotency_begin(task, session, creation->replayed, &record, creation->by->user, creation->idempotency);
    if (err == ERR_OK) err = take_sealed(task, creation, &record);
    if (err == ERR_OK && !*creation->replayed) err = insert_key(task, session, creation);
    return err == ERR_OK ? find_key(task, session, creation->key, &record.resource) : err;
}

enum err key_repo_create(struct task *task, struct api_key *key, bool *replayed, uint8_t sealed[24], size_t max,
                         const uint8_t *sealed_secret, const struct audit_actor *by,
                         const struct idempotency *idempotency) {
    struct creation creation = {.key = key,
                                .replayed = replayed,
                                .sealed = sealed,
                                .max = max,
                                .sealed_secret = sealed_secret,
                                .by = by,
                                .idempotency = idempotency};
    assert(idempotency == NULL || sealed_secret != NULL);
    return account_transaction(task, create_key, &creation);
}

enum err key_repo_delete(struct task *task, const uuid *id, const uuid *user, const struct audit_actor *by) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    account_param_log(&params, by);
    pg_param_uuid(&params, id);
    pg_param_uuid(&params, user);
    enum err err = account_change(task, &rows, &key_repo_statements[KEY_REPO_DELETE], &params);
    return err == ERR_OK && rows.n == 0 ? not_found(task) : err;
}

enum err key_repo_touch(struct task *task, const uuid *id, uint64_t now_s) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, id);
    pg_param_i64(&params, (int64_t)now_s);
    return account_change(task, &rows, &key_repo_statements[KEY_REPO_TOUCH], &params);
}
