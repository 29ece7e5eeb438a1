/* What is to be indexed: from the file's chains, from the settings, and from both; and the database's settings.
 * Each test loads and frees its own configuration.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "config_fixture.h"

/* EIP-55's own examples. */
#define TOKEN_A "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
#define TOKEN_B "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
#define TOKEN_A_LOWER "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
#define TOKEN_A_WRONG "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"

/* A chain of the file with a node and whatever else. */
#define CHAIN(name, more) "  - name: " name "\n    upstreams: [{url: 'http://" name "'}]\n" more

static void test_nothing_is_indexed_unless_said(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV}});
    assert_string_equal(config->database_url, "");
    assert_string_equal(config->index, "on");
    assert_int_equal(config->index_workers, 10);
    assert_false(config->indexes[0].every);
    assert_int_equal(config->indexes[0].n_tokens, 0);
    assert_false(config->indexes[0].has_from);
    config_free(config);
}

static void test_settings_are_for_the_first_chain(void **state) {
    (void)state;
    const char *yaml = "chains:\n" CHAIN("one", "    index_tokens: [" TOKEN_B "]\n    index_from: 5\n")
        CHAIN("two", "    index_tokens: [every]\n") CHAIN("three", "");
    struct config *config = expect_config((struct input){
        .yaml = yaml, .env = {"DAPPD_INDEX_TOKENS= " TOKEN_A_LOWER " , " TOKEN_B}, .args = {"--index-from", "0"}});
    const struct index_config *one = &config->indexes[0];
    assert_false(one->every);
    assert_int_equal(one->n_tokens, 2);
    char text[ADDRESS_TEXT_BYTES];
    assert_string_equal(address_format(text, &one->tokens[0]), TOKEN_A);
    assert_string_equal(address_format(text, &one->tokens[1]), TOKEN_B);
    assert_true(one->has_from);
    assert_int_equal(one->from_block, 0);
    assert_true(config->indexes[1].every);
    assert_false(config->indexes[1].has_from);
    assert_false(config->indexes[2].every);
    assert_int_equal(config->indexes[2].n_tokens, 0);
    config_free(config);
}

static void test_the_file_alone(void **state) {
    (void)state;
    const char *yaml = "database_url: host=/tmp dbname=x\nindex: 'off'\n"
                       "chains:\n" CHAIN("one", "    index_tokens:\n      - " TOKEN_A "\n    index_from: 19000000\n");
    struct config *config = expect_config((struct input){.yaml = yaml});
    assert_string_equal(config->database_url, "host=/tmp dbname=x");
    assert_string_equal(config->index, "off");
    assert_int_equal(config->indexes[0].n_tokens, 1);
    assert_int_equal(config->indexes[0].from_block, 19000000);
    config_free(config);
}

static void test_wrong_tokens(void **state) {
    (void)state;
    static const struct {
        const char *value, *sentence;
    } rows[] = {
        {"everything", "\"everything\" of index_tokens of chain default is not allowed; it must be every, or 0x and 40 "
                       "hex digits"},
        {TOKEN_A ",",
         "\"\" of index_tokens of chain default is not allowed; it must be every, or 0x and 40 hex digits"},
        {"every," TOKEN_A, "\"every\" of index_tokens of chain default must stand alone"},
        {TOKEN_A ",every", "\"every\" of index_tokens of chain default must stand alone"},
        {TOKEN_A_WRONG, "\"" TOKEN_A_WRONG "\" of index_tokens of chain default fails its EIP-55 checksum: is it a "
                        "typing mistake?"},
        {TOKEN_A "," TOKEN_A_LOWER, "\"" TOKEN_A_LOWER "\" of index_tokens of chain default is listed twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char variable[256], sentence[512];
        (void)snprintf(variable, sizeof variable, "DAPPD_INDEX_TOKENS=%s", rows[i].value);
        (void)snprintf(sentence, sizeof sentence, "DAPPD_INDEX_TOKENS: %s", rows[i].sentence);
        expect_problem(sentence, (struct input){.env = {NODE_ENV, variable}});
    }
    expect_problem("conf.yaml: \"(none)\" of index_tokens of chain one is not allowed; it must be every, or 0x and 40 "
                   "hex digits",
                   (struct input){.yaml = "chains:\n" CHAIN("one", "    index_tokens: [(none)]\n")});
    expect_problem("conf.yaml:4: \"index_tokens\" must be a list, not a single value",
                   (struct input){.yaml = "chains:\n" CHAIN("one", "    index_tokens: every\n")});
}

static void test_wrong_blocks(void **state) {
    (void)state;
    static const char *const values[] = {"-1", "0x10", "latest", "9223372036854775808"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char flag[64], sentence[256];
        (void)snprintf(flag, sizeof flag, "--index-from=%s", values[i]);
        (void)snprintf(sentence, sizeof sentence,
                       "--index-from: index_from \"%s\" of chain default is not allowed; it must be a block number in "
                       "decimal digits",
                       values[i]);
        expect_problem(sentence, (struct input){.env = {NODE_ENV}, .args = {flag}});
    }
}

static void test_the_database_is_named_as_everywhere_and_never_shown(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV, "DATABASE_URL=postgresql://u:p@h/d"}});
    assert_string_equal(config->database_url, "postgresql://u:p@h/d");
    config_free(config);
    const char *allowed = "it must be a libpq connection string, such as postgresql://user@host/database";
    char sentence[512];
    (void)snprintf(sentence, sizeof sentence, "database_url: the value from DATABASE_URL is not allowed; %s", allowed);
    expect_problem(sentence, (struct input){.env = {NODE_ENV, "DATABASE_URL=mysql://u:secret@h/d"}});
    expect_problem("index: \"yes\" from DAPPD_INDEX is not allowed; it must be on or off",
                   (struct input){.env = {NODE_ENV, "DAPPD_INDEX=yes"}});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_indexed_unless_said),
        cmocka_unit_test(test_settings_are_for_the_first_chain),
        cmocka_unit_test(test_the_file_alone),
        cmocka_unit_test(test_wrong_tokens),
        cmocka_unit_test(test_wrong_blocks),
        cmocka_unit_test(test_the_database_is_named_as_everywhere_and_never_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
