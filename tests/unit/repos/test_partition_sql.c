/* Names and statements of partitions, also of the largest numbers.
 * Owns nothing.
 * One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "repos/partition_sql.h"

enum { POSTGRESQL_NAME_MAX = 63 };

static void test_partitions_are_named_by_numbers(void **state) {
    (void)state;
    char name[PARTITION_NAME_BYTES], ddl[PARTITION_DDL_BYTES];
    assert_string_equal(partition_chain_name(name, 1), "transfers_1");
    assert_string_equal(partition_leaf_name(name, 10, 23), "transfers_10_23");
    assert_string_equal(partition_chain_ddl(ddl, 1),
                        "CREATE TABLE transfers_1 (LIKE transfers) PARTITION BY RANGE (block_number); "
                        "ALTER TABLE transfers ATTACH PARTITION transfers_1 FOR VALUES IN (1)");
    assert_string_equal(partition_leaf_ddl(ddl, 1, 2, 500),
                        "CREATE TABLE transfers_1_2 (LIKE transfers); "
                        "ALTER TABLE transfers_1 ATTACH PARTITION transfers_1_2 FOR VALUES FROM (1000) TO (1500)");
    assert_string_equal(partition_index_ddl(ddl, "transfers_1_2", &partition_indexes[3]),
                        "CREATE INDEX transfers_1_2_tx ON transfers_1_2 USING hash (tx_hash)");
}

static void test_the_suffixes_for_sql_are_those_of_the_table(void **state) {
    (void)state;
    char list[64] = "";
    for (size_t i = 0; i < PARTITION_INDEXES; i++) {
        if (i > 0) (void)strncat(list, ",", sizeof list - strlen(list) - 1);
        (void)strncat(list, partition_indexes[i].suffix, sizeof list - strlen(list) - 1);
    }
    assert_string_equal(list, PARTITION_INDEX_SUFFIXES);
}

/* A longer name would be cut, and two might come to be one. */
static void test_names_are_never_too_long_for_postgresql(void **state) {
    (void)state;
    char name[PARTITION_NAME_BYTES], ddl[PARTITION_DDL_BYTES];
    partition_leaf_name(name, INT64_MAX, INT64_MAX / 2);
    assert_true(strlen(name) + strlen("_token") <= POSTGRESQL_NAME_MAX);
    assert_true(strlen(partition_leaf_ddl(ddl, INT64_MAX, INT64_MAX / 2, 1)) > 0);
    for (size_t i = 0; i < PARTITION_INDEXES; i++) partition_index_ddl(ddl, name, &partition_indexes[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions_are_named_by_numbers),
        cmocka_unit_test(test_the_suffixes_for_sql_are_those_of_the_table),
        cmocka_unit_test(test_names_are_never_too_long_for_postgresql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
