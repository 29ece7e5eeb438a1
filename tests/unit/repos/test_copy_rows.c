/* Rows for COPY against what PostgreSQL itself writes, and the pieces they are sent in.
 * Owns a buffer for each test. The session is the test's own, and keeps what it is sent.
 * One thread. */
#include "vectors.h"

#include "repos/copy_rows.h"

enum { SENT_MAX = 4 * 1024 * 1024 };

static struct {
    char *bytes;
    size_t len;
    size_t pieces;
    uint64_t rows; /* that the server says it took */
} sent;

enum err pg_session_copy_begin(struct task *task, struct pg_session *session, const char *sql) {
    (void)task;
    (void)session;
    (void)sql;
    sent.len = sent.pieces = 0;
    return ERR_OK;
}

enum err pg_session_copy_write(struct task *task, struct pg_session *session, const void *data, size_t len) {
    (void)task;
    (void)session;
    assert_true(sent.len + len <= SENT_MAX);
    memcpy(sent.bytes + sent.len, data, len);
    sent.len += len;
    sent.pieces++;
    return ERR_OK;
}

enum err pg_session_copy_end(struct task *task, struct pg_session *session, uint64_t *rows) {
    (void)task;
    (void)session;
    *rows = sent.rows;
    return ERR_OK;
}

static int make_room(void **state) {
    (void)state;
    sent.bytes = malloc(SENT_MAX);
    return sent.bytes == NULL ? -1 : 0;
}

static int free_room(void **state) {
    (void)state;
    free(sent.bytes);
    return 0;
}

static uint8_t *put_vector(uint8_t *out, struct vectors *v) {
    u256 amount;
    size_t len;
    assert_int_equal(u256_from_dec(&amount, v->fields[3], strlen(v->fields[3])), ERR_OK);
    uint8_t *bytes = vectors_bytes(&len, v->fields[4]);
    out = copy_put_fields(out, 6);
    out = copy_put_integer(out, strtoull(v->fields[0], NULL, 10), 8);
    out = copy_put_integer(out, strtoull(v->fields[1], NULL, 10), 4);
    out = copy_put_integer(out, strtoull(v->fields[2], NULL, 10), 2);
    out = copy_put_numeric(out, &amount);
    out = copy_put_bytes(out, bytes, len);
    free(bytes);
    return copy_put_bytes(out, "", 0);
}

static void test_rows_are_as_postgresql_writes_them(void **state) {
    (void)state;
    struct vectors v;
    struct task task = {0};
    struct buf buffer;
    buf_init(&buffer, COPY_BUFFER_BYTES);
    for (vectors_open(&v, "copy_rows.tsv"); vectors_next(&v, 6);) {
        struct copy_rows copy;
        sent.rows = 1;
        assert_int_equal(copy_rows_begin(&task, &copy, NULL, &buffer, "COPY"), ERR_OK);
        assert_int_equal(copy_row_done(&task, &copy, put_vector(copy_row(&buffer), &v)), ERR_OK);
        assert_int_equal(copy_rows_end(&task, &copy, 1), ERR_OK);
        size_t len;
        uint8_t *want = vectors_bytes(&len, v.fields[5]);
        assert_int_equal(sent.len, len);
        assert_memory_equal(sent.bytes, want, len);
        free(want);
    }
    vectors_close(&v, 7);
    buf_free(&buffer);
}

static void test_rows_are_sent_in_pieces(void **state) {
    (void)state;
    enum { ROWS = 20000, ROW_BYTES = 2 + 4 + 8 + 4 + 32 };
    struct task task = {0};
    struct copy_rows copy;
    struct buf buffer;
    const uint8_t bytes[32] = {0};
    buf_init(&buffer, COPY_BUFFER_BYTES);
    assert_int_equal(copy_rows_begin(&task, &copy, NULL, &buffer, "COPY"), ERR_OK);
    for (uint64_t i = 0; i < ROWS; i++) {
        uint8_t *at = copy_put_integer(copy_put_fields(copy_row(&buffer), 2), i, 8);
        assert_int_equal(copy_row_done(&task, &copy, copy_put_bytes(at, bytes, sizeof bytes)), ERR_OK);
    }
    sent.rows = ROWS;
    assert_int_equal(copy_rows_end(&task, &copy, ROWS), ERR_OK);
    assert_int_equal(sent.len, 19 + ROWS * ROW_BYTES + 2);
    assert_true(sent.pieces > 1 && sent.pieces <= ROWS * ROW_BYTES / COPY_PIECE_BYTES + 1);
    for (uint64_t i = 0; i < ROWS; i++) {
        uint8_t want[ROW_BYTES] = {0}; /* the pieces go on where the one before ended */
        (void)copy_put_bytes(copy_put_integer(copy_put_fields(want, 2), i, 8), bytes, sizeof bytes);
        assert_memory_equal(sent.bytes + 19 + i * ROW_BYTES, want, sizeof want);
    }
    buf_free(&buffer);
}

static void test_another_number_of_rows_is_an_error(void **state) {
    (void)state;
    struct task task = {0};
    struct copy_rows copy;
    struct buf buffer;
    buf_init(&buffer, COPY_BUFFER_BYTES);
    assert_int_equal(copy_rows_begin(&task, &copy, NULL, &buffer, "COPY"), ERR_OK);
    sent.rows = 1;
    assert_int_equal(copy_rows_end(&task, &copy, 2), ERR_INTERNAL);
    buf_free(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_as_postgresql_writes_them),
        cmocka_unit_test(test_rows_are_sent_in_pieces),
        cmocka_unit_test(test_another_number_of_rows_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_room, free_room);
}
