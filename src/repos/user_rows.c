/* Reads users with their addresses, and locks one. What is given lives in the task's arena; its coroutine. */
#include "user_rows.h"

#include "user_repo_sql.h"

enum { COLUMN_ADDRESS = 7 };

static void read_user(struct user *out, struct pg_rows *rows, size_t row) {
    *out = (struct user){.id = pg_uuid(rows, row, 0),
                         .admin = pg_bool(rows, row, 1),
                         .name = pg_string(rows, row, 2),
                         .email = pg_string(rows, row, 3),
                         .version = (uint64_t)pg_i64(rows, row, 4),
                         .created_at_s = (uint64_t)pg_i64(rows, row, 5),
                         .updated_at_s = (uint64_t)pg_i64(rows, row, 6)};
}

static void read_address(struct user_address *out, struct pg_rows *rows, size_t row) {
    *out = (struct user_address){.address = pg_address(rows, row, COLUMN_ADDRESS),
                                 .chain_id = (uint64_t)pg_i64(rows, row, COLUMN_ADDRESS + 1),
                                 .proven_at_s = (uint64_t)pg_i64(rows, row, COLUMN_ADDRESS + 2)};
}

/* A user's rows follow each other, and so do its addresses in their array. */
enum err user_rows_take(struct task *task, struct user **users, size_t *n, struct pg_rows *rows) {
    *n = 0;
    *users = arena_alloc(task->arena, rows->n * sizeof **users);
    struct user_address *addresses = arena_alloc(task->arena, rows->n * sizeof *addresses);
    if (*users == NULL || addresses == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < rows->n; i++) {
        const uuid id = pg_uuid(rows, i, 0);
        if (*n == 0 || !uuid_equal(&(*users)[*n - 1].id, &id)) {
            read_user(&(*users)[*n], rows, i);
            (*users)[(*n)++].addresses = addresses;
        }
        if (pg_is_null(rows, i, COLUMN_ADDRESS)) continue;
        read_address(addresses++, rows, i);
        (*users)[*n - 1].n_addresses++;
    }
    return pg_rows_check(task, rows);
}

enum err user_rows_take_one(struct task *task, struct user *out, struct pg_rows *rows) {
    struct user *users;
    size_t n;
    enum err err = user_rows_take(task, &users, &n, rows);
    if (err != ERR_OK) return err;
    if (n == 0) return task_fail(task, ERR_USER_NOT_FOUND, "there is no such user");
    *out = users[0];
    return ERR_OK;
}

enum err user_rows_get(struct task *task, struct pg_session *session, struct user *out, const uuid *id) {
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, id);
    enum err err = pg_session_query(task, session, &rows, &user_repo_statements[USER_REPO_GET], &params);
    return err == ERR_OK ? user_rows_take_one(task, out, &rows) : err;
}

/* The lock alone comes first: a statement that has waited for one reads other tables as they were before. */
enum err user_rows_lock(struct task *task, struct pg_session *session, struct user *out, const uuid *id,
                        uint64_t version, enum user_lock lock) {
    static const enum user_repo_statement statements[] = {
        [USER_LOCK_TO_CHANGE] = USER_REPO_LOCK_TO_CHANGE, [USER_LOCK_TO_DELETE] = USER_REPO_LOCK_TO_DELETE};
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    pg_param_uuid(&params, id);
    enum err err = pg_session_query(task, session, &rows, &user_repo_statements[statements[lock]], &params);
    if (err == ERR_OK) err = user_rows_get(task, session, out, id);
    if (err != ERR_OK || version == 0 || out->version == version) return err;
    return task_fail(task, ERR_PRECONDITION_FAILED, "the user's version is %llu", (unsigned long long)out->version);
}
