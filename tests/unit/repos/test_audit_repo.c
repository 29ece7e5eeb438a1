/* The log of changes, against a PostgreSQL of the test's own: read in pages, added to and nothing else. Each test has a
 * schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"
#include "repos/audit_repo.h"

enum { MANY = 9 };

/* Rows of the two users in turn, the first one with all that a row can say. */
static int reset(void **state) {
    char one[UUID_TEXT_BYTES], two[UUID_TEXT_BYTES];
    int result = accounts_reset(state);
    (void)ask("INSERT INTO audit (at, actor, actor_key, action, user_id, subject, members, request_id)"
              " VALUES (7, '%s', '%s', 'user.update', '%s', '%s', '{name,email,role}', 'r-1')",
              uuid_format(one, &user_1), one, uuid_format(two, &user_2), one);
    (void)ask(
        "INSERT INTO audit (at, action, user_id)"
        " SELECT n, 'sign_in', (CASE WHEN n %% 2 = 0 THEN '%s' ELSE '%s' END)::uuid FROM generate_series(2, %d) n",
        one, two, MANY);
    return result;
}

static void check_first(const struct audit_row *row) {
    expect(row->id == 1 && row->at_s == 7 && strcmp(row->action, "user.update") == 0);
    expect(row->has_actor && uuid_equal(&row->actor, &user_1) && row->has_actor_key && row->has_subject);
    expect(uuid_equal(&row->actor_key, &user_1) && uuid_equal(&row->subject, &user_1));
    expect(uuid_equal(&row->user, &user_2) && strcmp(row->request_id, "r-1") == 0);
    expect(row->n_members == 3 && strcmp(row->members[0], "name") == 0 && strcmp(row->members[2], "role") == 0);
}

static void check_other(const struct audit_row *row) {
    expect(row->at_s == row->id && strcmp(row->action, "sign_in") == 0 && row->request_id == NULL);
    expect(!row->has_actor && !row->has_actor_key && !row->has_subject && row->n_members == 0);
    expect(uuid_equal(&row->user, row->id % 2 == 0 ? &user_1 : &user_2));
}

/* In: user, or NULL; limit. Returns how many rows there are. */
static size_t read_all(struct task *task, const uuid *user, size_t limit) {
    struct audit_page page;
    size_t n = 0;
    uint64_t last = 0;
    do {
        expect(audit_repo_page(task, &page, last, user, limit) == ERR_OK);
        expect(page.n_rows == limit || (!page.more && page.n_rows < limit));
        for (size_t i = 0; i < page.n_rows; i++, n++) {
            const struct audit_row *row = &page.rows[i];
            expect(last == 0 || row->id < last);
            expect(user == NULL || uuid_equal(&row->user, user));
            (row->id == 1 ? check_first : check_other)(row);
            last = row->id;
        }
    } while (page.more);
    return n;
}

static void read_pages(struct actor *actor) {
    const uuid nobody = uuid_new();
    for (size_t limit = 1; limit <= MANY + 1; limit++) {
        expect(read_all(&actor->task, NULL, limit) == MANY);
        expect(read_all(&actor->task, &user_1, limit) == 4);
        expect(read_all(&actor->task, &user_2, limit) == 5);
        expect(read_all(&actor->task, &nobody, limit) == 0);
    }
}

static void test_pages_have_the_newest_rows_first(void **state) {
    (void)state;
    scene_play(&accounts_pool, read_pages, 1);
}

static void test_the_log_is_only_added_to(void **state) {
    static const char *const refused[] = {"UPDATE audit SET at = 0 WHERE id = 1", "UPDATE audit SET request_id = NULL",
                                          "DELETE FROM audit WHERE id = 2", "TRUNCATE audit",
                                          "TRUNCATE users CASCADE; TRUNCATE audit"};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        PGresult *result = PQexec(conn, refused[i]);
        assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
        assert_string_equal(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), "the audit log is only ever added to");
        PQclear(result);
    }
    assert_int_equal(count("audit"), MANY);
    assert_string_equal(ask("SELECT sum(at) FROM audit"), "51");
}

#define test_of(test) cmocka_unit_test_setup(test, reset)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of(test_pages_have_the_newest_rows_first),
        test_of(test_the_log_is_only_added_to),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
