/* Loading a configuration from texts in a test, for the test files of src/config*.c. One thread. */
#ifndef DAPPD_TESTS_UNIT_CONFIG_FIXTURE_H
#define DAPPD_TESTS_UNIT_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config_internal.h"

enum { FIXTURE_MAX = 8 };

/* Everything a configuration is made from. */
struct input {
    const char *yaml;              /* the text of conf.yaml; NULL: there is none */
    const char *args[FIXTURE_MAX]; /* up to the first NULL */
    const char *env[FIXTURE_MAX];  /* NAME=value, up to the first NULL */
};

static const char *const *fixture_env;

static const char *fixture_getenv(const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; fixture_env != NULL && i < FIXTURE_MAX && fixture_env[i] != NULL; i++) {
        if (strncmp(fixture_env[i], name, len) == 0 && fixture_env[i][len] == '=') return fixture_env[i] + len + 1;
    }
    return NULL;
}

/* Copies the arguments into memory that may be written to, as main's are. Returns how many there are. */
static int fixture_args(char *argv[FIXTURE_MAX], char memory[FIXTURE_MAX][512], const struct input *input) {
    int argc = 0;
    while (argc < FIXTURE_MAX && input->args[argc] != NULL) {
        assert_true(strlen(input->args[argc]) < sizeof memory[0]);
        (void)stpcpy(memory[argc], input->args[argc]);
        argv[argc] = memory[argc];
        argc++;
    }
    return argc;
}

/* The caller frees the result with config_free. */
static struct config *expect_config(struct input input) {
    char problem[CONFIG_PROBLEM_BYTES], memory[FIXTURE_MAX][512], *argv[FIXTURE_MAX];
    struct config *config = NULL;
    fixture_env = input.env;
    int argc = fixture_args(argv, memory, &input);
    size_t len = input.yaml != NULL ? strlen(input.yaml) : 0;
    enum err err = config_load_text(&config, problem, input.yaml != NULL ? "conf.yaml" : NULL,
                                    (const uint8_t *)input.yaml, len, argc, argv, fixture_getenv);
    if (err != ERR_OK) fail_msg("refused: %s", problem);
    assert_string_equal(problem, "");
    assert_non_null(config);
    return config;
}

static void expect_problem(const char *sentence, struct input input) {
    char problem[CONFIG_PROBLEM_BYTES], memory[FIXTURE_MAX][512], *argv[FIXTURE_MAX];
    struct config *config = NULL;
    fixture_env = input.env;
    int argc = fixture_args(argv, memory, &input);
    size_t len = input.yaml != NULL ? strlen(input.yaml) : 0;
    enum err err = config_load_text(&config, problem, input.yaml != NULL ? "conf.yaml" : NULL,
                                    (const uint8_t *)input.yaml, len, argc, argv, fixture_getenv);
    assert_null(config);
    assert_int_equal(err, ERR_INVALID_PARAMETER);
    assert_string_equal(problem, sentence);
}

/* In a static initializer's place: an input with a node, so that only what a test adds can be wrong. */
#define NODE_ENV "DAPPD_RPC_URLS=http://127.0.0.1:8545"

#endif
