/* Pieces of JSON as long as their requests, and how long all of them may be.
 * Each test makes and ends its arenas.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "services/json_piece.h"

enum { MANY = JSON_PIECES_MAX_BYTES / JSON_PIECE_MAX_BYTES };

static struct task task_of(size_t arena_bytes) {
    return (struct task){.arena = arena_new(arena_bytes)};
}

/* Of bytes that nobody looks at, so that none of them need memory. */
static enum err take(struct task *task, size_t len) {
    struct json_piece piece;
    struct buf buf;
    task->fault.code = ERR_OK;
    buf_init(&buf, JSON_PIECE_MAX_BYTES);
    (void)buf_extend(&buf, len);
    enum err err = json_piece_take(task, &piece, &buf);
    assert_null(buf.data);
    assert_int_equal(piece.len, err == ERR_OK ? len : 0);
    assert_true(err == ERR_OK || piece.text == NULL);
    assert_int_equal(task->fault.code, err);
    return err;
}

static void test_text_is_taken_over(void **state) {
    (void)state;
    struct task task = task_of(4096);
    struct json_piece piece;
    struct buf buf;
    buf_init(&buf, 100);
    buf_append_str(&buf, "[1,2]");
    assert_int_equal(json_piece_take(&task, &piece, &buf), ERR_OK);
    assert_int_equal(piece.len, 5);
    assert_memory_equal(piece.text, "[1,2]", 5);
    assert_int_equal(take(&task, 0), ERR_OK);
    buf_append_str(&buf, "[1,2]");
    buf.failed = true;
    assert_int_equal(json_piece_take(&task, &piece, &buf), ERR_OVERLOADED);
    arena_free(task.arena);
}

static void test_what_a_request_may_hold(void **state) {
    (void)state;
    struct task task = task_of(4096);
    assert_int_equal(take(&task, 3000), ERR_OK);
    assert_int_equal(take(&task, 3000), ERR_OVERLOADED);
    arena_free(task.arena);
    task = task_of(64);
    for (size_t len = 0; len < 64; len++) (void)take(&task, 1); /* wherever the arena ends */
    arena_free(task.arena);
}

/* Strangers who ask for the longest many times at once get no more than all may have, and leave it to others. */
static void test_what_all_requests_may_hold(void **state) {
    (void)state;
    for (int round = 0; round < 2; round++) {
        struct task tasks[MANY], late = task_of(2 * JSON_PIECE_MAX_BYTES);
        for (size_t i = 0; i < MANY; i++) {
            tasks[i] = task_of(2 * JSON_PIECE_MAX_BYTES);
            assert_int_equal(take(&tasks[i], JSON_PIECE_MAX_BYTES), ERR_OK);
        }
        assert_int_equal(take(&late, JSON_PIECE_MAX_BYTES), ERR_OVERLOADED);
        assert_int_equal(take(&late, JSON_PIECES_MAX_BYTES - MANY * JSON_PIECE_MAX_BYTES), ERR_OK);
        assert_int_equal(take(&late, 1), ERR_OVERLOADED);
        arena_reset(tasks[0].arena);
        assert_int_equal(take(&late, 1), ERR_OK);
        for (size_t i = 0; i < MANY; i++) arena_free(tasks[i].arena);
        arena_free(late.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_taken_over),
        cmocka_unit_test(test_what_a_request_may_hold),
        cmocka_unit_test(test_what_all_requests_may_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
