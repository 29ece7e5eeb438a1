/* Rows of the log of changes. What is given lives in the task's arena; its coroutine. */
#include "repos/audit_repo.h"

#include <string.h>

#include "account_db.h"
#include "audit_repo_sql.h"
#include "core/comma_list.h"

/* In: names, comma-separated; "" for none. */
static enum err split_members(struct task *task, struct audit_row *out, const char *names) {
    out->members = arena_alloc(task->arena, comma_list_count(names) * sizeof *out->members);
    if (out->members == NULL) return task_fail_memory(task);
    for (struct comma_list list = comma_list_of(names); comma_list_next(&list);) {
        const char *name = arena_strndup(task->arena, list.entry, list.len);
        if (name == NULL) return task_fail_memory(task);
        out->members[out->n_members++] = name;
    }
    return ERR_OK;
}

/* Returns false for null. */
static bool read_id(uuid *out, struct pg_rows *rows, size_t row, int column) {
    if (pg_is_null(rows, row, column)) return false;
    *out = pg_uuid(rows, row, column);
    return true;
}

static enum err read_row(struct task *task, struct audit_row *out, struct pg_rows *rows, size_t row) {
    const char *members = pg_string(rows, row, 7);
    *out = (struct audit_row){.id = (uint64_t)pg_i64(rows, row, 0),
                              .at_s = (uint64_t)pg_i64(rows, row, 1),
                              .action = pg_string(rows, row, 4),
                              .user = pg_uuid(rows, row, 5),
                              .request_id = pg_string(rows, row, 8)};
    out->has_actor = read_id(&out->actor, rows, row, 2);
    out->has_actor_key = read_id(&out->actor_key, rows, row, 3);
    out->has_subject = read_id(&out->subject, rows, row, 6);
    out->has_contract = !pg_is_null(rows, row, 10);
    if (out->has_contract) {
        out->chain_id = (uint64_t)pg_i64(rows, row, 9);
        out->contract = pg_address(rows, row, 10);
    }
    return split_members(task, out, members != NULL ? members : "");
}

enum err audit_repo_page(struct task *task, struct audit_page *out, uint64_t before, const uuid *user, size_t limit) {
    enum audit_repo_statement statement = user != NULL ? AUDIT_REPO_PAGE_OF_USER : AUDIT_REPO_PAGE;
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    *out = (struct audit_page){.n_rows = 0};
    pg_param_i64(&params, before > 0 && before < INT64_MAX ? (int64_t)before : INT64_MAX);
    pg_param_i64(&params, (int64_t)limit + 1);
    if (user != NULL) pg_param_uuid(&params, user);
    enum err err = account_read(task, &rows, &audit_repo_statements[statement], &params);
    if (err != ERR_OK) return err;
    out->more = rows.n > limit;
    out->n_rows = out->more ? limit : rows.n;
    out->rows = arena_alloc(task->arena, out->n_rows * sizeof *out->rows);
    if (out->rows == NULL) return task_fail_memory(task);
    for (size_t i = 0; err == ERR_OK && i < out->n_rows; i++) err = read_row(task, &out->rows[i], &rows, i);
    return err == ERR_OK ? pg_rows_check(task, &rows) : err;
}
