/* Parameters and columns in PostgreSQL's binary format, without a server: numbers as PostgreSQL itself sends them, and
 * results that are not what was asked for.
 * Each test owns what it makes.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <libpq-fe.h>

#include "repos/pg_value.h"
#include "vectors.h"

/* PostgreSQL writes "1.00" with a scale of 2 and "-0" as 0: the text is ours only where it is the shortest. */
static void check_whole(const char *text, const uint8_t *data, size_t len) {
    u256 value;
    bool negative;
    char dec[U256_DEC_BYTES];
    uint8_t written[PG_NUMERIC_BYTES];
    assert_true(pg_numeric_read(&value, &negative, data, len));
    assert_int_equal(negative, text[0] == '-' && text[1] != '0');
    size_t n = u256_to_dec(dec, &value);
    text += text[0] == '-' ? 1 : 0;
    assert_memory_equal(dec, text, n);
    assert_true(text[n] == '\0' || strcmp(text + n, ".00") == 0);
    if (negative || text[n] != '\0') return;
    assert_int_equal(pg_numeric_write(written, &value), len);
    assert_memory_equal(written, data, len);
}

static void test_numbers_are_as_postgres_has_them(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "pg_numeric.tsv");
    while (vectors_next(&v, 3)) {
        size_t len;
        u256 value;
        bool negative;
        uint8_t *data = vectors_bytes(&len, v.fields[1]);
        if (strcmp(v.fields[2], "whole") == 0) {
            check_whole(v.fields[0], data, len);
        } else {
            assert_false(pg_numeric_read(&value, &negative, data, len));
        }
        for (size_t cut = 0; cut < len; cut++) assert_false(pg_numeric_read(&value, &negative, data, cut));
        free(data);
    }
    vectors_close(&v, 60);
}

static void test_a_number_with_digits_past_the_base_is_none(void **state) {
    (void)state;
    static const uint8_t good[] = {0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x0f};
    static const uint8_t bad[] = {0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10};
    u256 value;
    bool negative;
    assert_true(pg_numeric_read(&value, &negative, good, sizeof good));
    assert_int_equal(value.limb[0], 9999);
    assert_false(pg_numeric_read(&value, &negative, bad, sizeof bad));
}

/* In: the parameter's place, its bytes. */
static void check_param(const struct pg_params *params, int i, const void *bytes, int len) {
    assert_int_equal(params->lengths[i], len);
    assert_int_equal(params->formats[i], 1);
    assert_memory_equal(params->values[i], bytes, (size_t)len);
}

static void test_parameters_are_in_network_order(void **state) {
    (void)state;
    struct pg_params params = {.n = 0};
    static const address holder = {{0xaa, 0xbb}};
    static const uuid id = {{0x01, 0x02}};
    pg_param_i64(&params, -2);
    pg_param_i32(&params, 0x01020304);
    pg_param_i16(&params, -32768);
    pg_param_bool(&params, true);
    pg_param_bytes(&params, NULL, 0);
    pg_param_address(&params, &holder);
    pg_param_text(&params, "abc");
    pg_param_null(&params);
    pg_param_uuid(&params, &id);
    pg_param_uuid(&params, NULL);
    pg_param_text(&params, NULL);
    assert_int_equal(params.n, 11);
    check_param(&params, 0, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8);
    check_param(&params, 1, "\1\2\3\4", 4);
    check_param(&params, 2, "\x80\0", 2);
    check_param(&params, 3, "\1", 1);
    assert_non_null(params.values[4]); /* no bytes are not null */
    assert_int_equal(params.lengths[4], 0);
    check_param(&params, 5, holder.bytes, 20);
    check_param(&params, 6, "abc", 3);
    assert_null(params.values[7]);
    check_param(&params, 8, id.bytes, 16);
    assert_null(params.values[9]);
    assert_null(params.values[10]);
}

static void test_an_array_past_the_arenas_cap_is_refused(void **state) {
    (void)state;
    static const int32_t numbers[1000] = {0};
    struct pg_params params = {.n = 0};
    struct task task = {.arena = arena_new(2000)};
    assert_false(pg_param_i32_array(&task, &params, numbers, 1000));
    assert_false(pg_param_bytes_array(&task, &params, numbers, SIZE_MAX / 2, 20));
    assert_int_equal(params.n, 0);
    assert_true(pg_param_i32_array(&task, &params, numbers, 10));
    assert_int_equal(params.lengths[0], 20 + 10 * 8);
    arena_free(task.arena);
}

/* A writer without names has no size for them either. */
static void test_arrays_of_nothing_and_of_empty_values(void **state) {
    (void)state;
    struct pg_params params = {.n = 0};
    struct task task = {.arena = arena_new(2000)};
    assert_true(pg_param_bytes_array(&task, &params, NULL, 0, 0));
    assert_true(pg_param_bytes_array(&task, &params, "", 3, 0));
    assert_int_equal(params.lengths[0], 20);
    assert_int_equal(params.lengths[1], 20 + 3 * 4);
    arena_free(task.arena);
}

/* A result with one column of this format, with one value in it. The caller clears it. */
static PGresult *result_of(const char *value, int len, int format) {
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc column = {.name = (char[]){"c"}, .format = format};
    char copy[17] = {0};
    assert_true(len < (int)sizeof copy);
    memcpy(copy, value, (size_t)len);
    assert_int_equal(PQsetResultAttrs(result, 1, &column), 1);
    assert_int_equal(PQsetvalue(result, 0, 0, copy, len), 1);
    return result;
}

static void test_a_number_in_text_is_not_taken(void **state) {
    (void)state;
    struct task task = {.name = "test"};
    for (int format = 0; format < 2; format++) {
        PGresult *result = result_of("1234", 4, format);
        struct pg_rows rows = {.result = (const struct pg_result *)result, .n = 1};
        assert_int_equal(pg_i32(&rows, 0, 0), format == 1 ? 0x31323334 : 0);
        assert_int_equal(pg_rows_check(&task, &rows), format == 1 ? ERR_OK : ERR_INTERNAL);
        PQclear(result);
    }
}

static void test_an_id_has_sixteen_bytes(void **state) {
    (void)state;
    struct task task = {.name = "test"};
    for (int len = 15; len <= 16; len++) {
        PGresult *result = result_of("0123456789abcdef", len, 1);
        struct pg_rows rows = {.result = (const struct pg_result *)result, .n = 1};
        const uuid id = pg_uuid(&rows, 0, 0);
        assert_memory_equal(id.bytes, len == 16 ? "0123456789abcdef" : (const char[16]){0}, 16);
        assert_int_equal(pg_rows_check(&task, &rows), len == 16 ? ERR_OK : ERR_INTERNAL);
        PQclear(result);
    }
}

static void test_a_text_ends_with_a_nul_and_null_is_none(void **state) {
    (void)state;
    PGresult *result = result_of("abc", 3, 1);
    struct pg_rows rows = {.result = (const struct pg_result *)result, .n = 1};
    assert_string_equal(pg_string(&rows, 0, 0), "abc");
    assert_null(pg_string(&rows, 0, 1)); /* there is no such column */
    assert_int_equal(PQsetvalue(result, 0, 0, NULL, -1), 1);
    assert_null(pg_string(&rows, 0, 0));
    PQclear(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_as_postgres_has_them),
        cmocka_unit_test(test_a_number_with_digits_past_the_base_is_none),
        cmocka_unit_test(test_parameters_are_in_network_order),
        cmocka_unit_test(test_an_array_past_the_arenas_cap_is_refused),
        cmocka_unit_test(test_arrays_of_nothing_and_of_empty_values),
        cmocka_unit_test(test_a_number_in_text_is_not_taken),
        cmocka_unit_test(test_an_id_has_sixteen_bytes),
        cmocka_unit_test(test_a_text_ends_with_a_nul_and_null_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
