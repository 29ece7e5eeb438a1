/* Types read from signatures, values from JSON, for the tests of eth/abi_*. Owns what it has read until it is freed.
 * Tests only, one thread. */
#ifndef DAPPD_TESTS_ABI_FIXTURE_H
#define DAPPD_TESTS_ABI_FIXTURE_H

#include "../vectors.h"

#include <jansson.h>

#include "eth/abi_read.h"
#include "eth/abi_value.h"

enum { FIXTURE_MAX_BYTES = 1 << 25 };

struct abi_fixture {
    struct arena *arena;
    char problem[ABI_PROBLEM_BYTES];
    struct buf out;
};

static inline void abi_fixture_init(struct abi_fixture *f) {
    f->arena = arena_new(FIXTURE_MAX_BYTES);
    buf_init(&f->out, FIXTURE_MAX_BYTES);
}

static inline void abi_fixture_free(struct abi_fixture *f) {
    buf_free(&f->out);
    arena_free(f->arena);
}

/* In: a whole signature. Returns what it says. */
static inline const struct abi_item *abi_fixture_item(struct abi_fixture *f, const char *signature) {
    const struct abi_item *item;
    arena_reset(f->arena);
    enum err err = abi_read_signature(&item, f->arena, f->problem, signature, strlen(signature));
    if (err != ERR_OK) fail_msg("%s: %s", signature, f->problem);
    return item;
}

/* In: "uint256 a, bytes[] b". Returns such parameters. */
static inline const struct abi_params *abi_fixture_params(struct abi_fixture *f, const char *types) {
    struct buf signature;
    buf_init(&signature, FIXTURE_MAX_BYTES);
    buf_printf(&signature, "function f(%s)", types);
    buf_append_char(&signature, '\0');
    const struct abi_item *item = abi_fixture_item(f, signature.data);
    buf_free(&signature);
    return &item->inputs;
}

static inline json_t *abi_fixture_json(const char *text) {
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (json == NULL) fail_msg("%s: %s", text, error.text);
    return json;
}

/* Whether the output is these bytes; empties it. */
static inline void abi_fixture_assert(struct abi_fixture *f, const void *wanted, size_t len, const char *what) {
    assert_false(f->out.failed);
    if (f->out.len != len || (len > 0 && memcmp(f->out.data, wanted, len) != 0)) {
        fail_msg("%s: %.*s", what, f->out.len > 4000 ? 4000 : (int)f->out.len, f->out.data);
    }
    buf_clear(&f->out);
}

/* Runs the test with a fixture of its own. */
#define abi_test(name) cmocka_unit_test_setup_teardown(name, abi_fixture_setup, abi_fixture_teardown)

static inline int abi_fixture_setup(void **state) {
    struct abi_fixture *f = calloc(1, sizeof *f);
    abi_fixture_init(f);
    *state = f;
    return 0;
}

static inline int abi_fixture_teardown(void **state) {
    abi_fixture_free(*state);
    free(*state);
    return 0;
}

#endif
