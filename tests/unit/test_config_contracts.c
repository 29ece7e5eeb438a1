/* Contracts of the configuration: read with the files of their ABIs, and refused with file and item.
 * Each test loads and frees its own configuration; the folder of ABIs is the program's, and goes with it.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_fixture.h"

#define A "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
#define A_WRONG "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"
#define B "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
#define ABI "[\"function f(uint256 a) view returns (bool)\"]"

enum { YAML_BYTES = 2048, PATH_BYTES = 256 };

static char folder[PATH_BYTES];

static void write_file(const char *name, const char *text) {
    char path[2 * PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    (void)fclose(file);
}

static int make_folder(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/dappd-test-abis-XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    write_file("good.json", ABI);
    write_file("bad.json", "[\"function f(uint257)\"]");
    write_file("cut.json", "[{");
    return chdir(folder);
}

static int remove_folder(void **state) {
    (void)state;
    static const char *const names[] = {"good.json", "bad.json", "cut.json"};
    for (size_t i = 0; i < 3; i++) (void)unlink(names[i]);
    (void)chdir("/");
    return rmdir(folder);
}

/* A chain with these contracts. */
static const char *yaml_of(const char *contracts) {
    static char yaml[YAML_BYTES];
    (void)snprintf(yaml, sizeof yaml,
                   "chains:\n  - name: one\n    upstreams: [{url: 'http://one'}]\n    contracts:\n%s", contracts);
    return yaml;
}

static void test_contracts_come_with_their_abis(void **state) {
    (void)state;
    char absolute[2 * PATH_BYTES], contracts[YAML_BYTES / 2];
    (void)snprintf(absolute, sizeof absolute, "%s/good.json", folder);
    (void)snprintf(contracts, sizeof contracts,
                   "      - address: \"" A "\"\n        name: My contract\n        abi: good.json\n"
                   "        from_block: 17\n        events: false\n"
                   "      - {address: \"" B "\", proxy: auto}\n"
                   "      - {address: \"0x%040d\", abi: \"%s\"}\n",
                   7, absolute);
    struct config *config = expect_config((struct input){.yaml = yaml_of(contracts)});
    assert_int_equal(config->contracts[0].n, 3);
    const struct contract_wish *list = config->contracts[0].list;
    char text[ADDRESS_TEXT_BYTES];
    assert_string_equal(address_format(text, &list[0].address), A);
    assert_string_equal(list[0].name, "My contract");
    assert_int_equal(list[0].abi_len, strlen(ABI));
    assert_memory_equal(list[0].abi, ABI, strlen(ABI));
    assert_true(list[0].has_from_block && list[0].from_block == 17 && !list[0].events && !list[0].proxy);
    assert_true(list[1].proxy && list[1].events && list[1].abi == NULL && list[1].name == NULL);
    assert_false(list[1].has_from_block);
    assert_int_equal(list[2].abi_len, strlen(ABI));
    config_free(config);
}

static void test_a_chain_without_contracts_has_none(void **state) {
    (void)state;
    struct config *config = expect_config((struct input){.env = {NODE_ENV}});
    assert_int_equal(config->contracts[0].n, 0);
    config_free(config);
}

static void test_what_is_wrong_is_told_with_file_and_item(void **state) {
    (void)state;
    static const struct {
        const char *contracts, *sentence;
    } rows[] = {
        {"      - {abi: good.json}\n", "the address is missing"},
        {"      - {address: \"0x12\", abi: good.json}\n", "the address \"0x12\" is not 0x and 40 hex digits"},
        {"      - {address: \"" A_WRONG "\", abi: good.json}\n",
         "the address \"" A_WRONG "\" fails its EIP-55 checksum: is it a typing mistake?"},
        {"      - {address: \"" A "\"}\n", "abi is missing: only of a proxy that is followed it may be"},
        {"      - {address: \"" A "\", abi: ''}\n", "abi is not a file's name"},
        {"      - {address: \"" A "\", abi: none.json}\n", "there is no file none.json"},
        {"      - {address: \"" A "\", abi: /dev/zero}\n", "there is no file /dev/zero"},
        {"      - {address: \"" A "\", abi: good.json, proxy: yes}\n", "proxy is \"yes\", not auto or none"},
        {"      - {address: \"" A "\", abi: good.json, events: 1}\n", "events is \"1\", not true or false"},
        {"      - {address: \"" A "\", abi: good.json, name: ' x'}\n",
         "name is not 1 to 100 characters, none of control or direction, no blank at either end"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sentence[CONFIG_PROBLEM_BYTES];
        (void)snprintf(sentence, sizeof sentence, "conf.yaml: contract 1 of chain one: %s", rows[i].sentence);
        expect_problem(sentence, (struct input){.yaml = yaml_of(rows[i].contracts)});
    }
    expect_problem("conf.yaml: contract 2 of chain one: its address is listed twice",
                   (struct input){.yaml = yaml_of("      - {address: \"" A "\", abi: good.json}\n"
                                                  "      - {address: \"" A "\", abi: good.json}\n")});
    expect_problem("conf.yaml: from_block \"x\" of contract 1 of chain one is not allowed; it must be a number from 0 "
                   "to 9223372036854775807 in plain decimal digits",
                   (struct input){.yaml = yaml_of("      - {address: \"" A "\", abi: good.json, from_block: x}\n")});
}

/* The sentence of the ABI's reader stands behind the file's name. */
static void expect_abi_problem(const char *file, const char *word) {
    char contracts[YAML_BYTES / 2], problem[CONFIG_PROBLEM_BYTES], start[CONFIG_PROBLEM_BYTES];
    struct config *config = NULL;
    (void)snprintf(contracts, sizeof contracts, "      - {address: \"" A "\", abi: %s}\n", file);
    (void)snprintf(start, sizeof start, "conf.yaml: contract 1 of chain one: \"%s\": ", file);
    const char *yaml = yaml_of(contracts);
    fixture_env = NULL;
    assert_int_equal(
        config_load_text(&config, problem, "conf.yaml", (const uint8_t *)yaml, strlen(yaml), 0, NULL, fixture_getenv),
        ERR_INVALID_PARAMETER);
    assert_memory_equal(problem, start, strlen(start));
    assert_non_null(strstr(problem, word));
}

static void test_an_abi_that_cannot_be_read_is_named(void **state) {
    (void)state;
    expect_abi_problem("bad.json", "uint257");
    expect_abi_problem("cut.json", "");
}

static void test_an_unknown_key_of_a_contract(void **state) {
    (void)state;
    expect_problem("conf.yaml:6: unknown key \"adress\" in a contract; the nearest known one is \"address\"",
                   (struct input){.yaml = yaml_of("      - abi: good.json\n        adress: x\n")});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contracts_come_with_their_abis),
        cmocka_unit_test(test_a_chain_without_contracts_has_none),
        cmocka_unit_test(test_what_is_wrong_is_told_with_file_and_item),
        cmocka_unit_test(test_an_abi_that_cannot_be_read_is_named),
        cmocka_unit_test(test_an_unknown_key_of_a_contract),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
