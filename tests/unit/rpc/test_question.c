/* Every question is found by what it asks, however many there are.
 * Each test makes and frees its own table; no reactor is needed.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "rpc/question.h"

enum { MANY = 10000 };

static struct state_read make_read(uint8_t data[4], uint32_t value) {
    memcpy(data, &value, 4);
    return (struct state_read){.kind = STATE_CALL, .to = {{1}}, .data = data, .data_len = 4};
}

static void test_finds_its_equal_among_many(void **state) {
    (void)state;
    static struct question *questions[MANY];
    struct question_table table;
    uint8_t data[4];
    question_table_init(&table);
    for (uint32_t i = 0; i < MANY; i++) {
        struct state_read read = make_read(data, i);
        assert_null(question_find(&table, &read));
        questions[i] = question_add(&table, &read);
    }
    assert_int_equal(table.n, MANY);
    assert_true(table.n_buckets >= MANY / 2); /* chains stay short */
    for (uint32_t i = 0; i < MANY; i += 2) question_remove(&table, questions[i]);
    for (uint32_t i = 0; i < MANY; i++) {
        struct state_read read = make_read(data, i);
        assert_ptr_equal(question_find(&table, &read), i % 2 == 0 ? NULL : questions[i]);
    }
    for (uint32_t i = 1; i < MANY; i += 2) question_remove(&table, questions[i]);
    assert_int_equal(table.n, 0);
    question_table_free(&table);
}

static void test_keeps_its_own_copy(void **state) {
    (void)state;
    struct question_table table;
    uint8_t data[4];
    question_table_init(&table);
    struct state_read read = make_read(data, 7);
    read.may_write = true;
    struct question *question = question_add(&table, &read);
    memset(data, 0xff, sizeof data);
    uint8_t again[4];
    struct state_read equal = make_read(again, 7);
    assert_ptr_equal(question_find(&table, &equal), question);
    assert_memory_equal(question->read.data, again, 4);
    assert_true(question->read.may_write);
    question_remove(&table, question);
    question_table_free(&table);
}

static void test_keeps_its_own_answer(void **state) {
    (void)state;
    struct question_table table;
    uint8_t data[4];
    uint8_t bytes[] = "bytes", revert[] = "revert data";
    char detail[] = "why";
    question_table_init(&table);
    struct state_read read = make_read(data, 7);
    struct question *question = question_add(&table, &read);
    question->read.bytes = bytes;
    question->read.len = sizeof bytes;
    question->read.revert_data = revert;
    question->read.revert_len = sizeof revert;
    question->read.detail = detail;
    question_keep_answer(question);
    memset(bytes, 0, sizeof bytes);
    memset(revert, 0, sizeof revert);
    memset(detail, 0, sizeof detail);
    assert_string_equal(question->read.bytes, "bytes");
    assert_string_equal(question->read.revert_data, "revert data");
    assert_string_equal(question->read.detail, "why");
    question_remove(&table, question);
    question_table_free(&table);
}

static void test_every_part_tells_apart(void **state) {
    (void)state;
    struct question_table table;
    uint8_t data[4];
    question_table_init(&table);
    struct state_read read = make_read(data, 7);
    struct state_read other_kind = read, other_to = read, shorter = read, empty = read, other_data = read;
    uint8_t differs[4];
    other_kind.kind = STATE_CODE;
    other_to.to.bytes[19] = 1;
    shorter.data_len = 3;
    empty.data = NULL;
    empty.data_len = 0;
    memcpy(differs, data, 4);
    differs[3] ^= 1;
    other_data.data = differs;
    struct question *question = question_add(&table, &read);
    const struct state_read *others[] = {&other_kind, &other_to, &shorter, &empty, &other_data};
    struct question *added[5];
    for (size_t i = 0; i < 5; i++) {
        assert_null(question_find(&table, others[i]));
        added[i] = question_add(&table, others[i]);
    }
    assert_ptr_equal(question_find(&table, &read), question);
    for (size_t i = 0; i < 5; i++) {
        assert_ptr_equal(question_find(&table, others[i]), added[i]);
        question_remove(&table, added[i]);
    }
    question_remove(&table, question);
    question_table_free(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_its_equal_among_many),
        cmocka_unit_test(test_keeps_its_own_copy),
        cmocka_unit_test(test_keeps_its_own_answer),
        cmocka_unit_test(test_every_part_tells_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
