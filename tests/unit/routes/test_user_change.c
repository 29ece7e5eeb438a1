/* The bodies of POST /users and PATCH /users/:id. Each parse has a task with an arena of its own. Runs on one thread.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "user_change.h"

enum { ARENA_BYTES = 64 * 1024 };

struct parsed {
    struct task task;
    struct user_change change;
    enum err err;
};

static void parse(struct parsed *parsed, const char *text) {
    memset(parsed, 0, sizeof *parsed);
    parsed->task.arena = arena_new(ARENA_BYTES);
    parsed->err = user_change_parse(&parsed->task, &parsed->change, (struct slice){text, strlen(text)});
}

static void release(struct parsed *parsed) {
    arena_free(parsed->task.arena);
}

static void test_every_member(void **state) {
    struct parsed parsed;
    (void)state;
    parse(&parsed, "{\"name\":\"Alice\",\"email\":\"alice@example.org\",\"role\":\"admin\"}");
    assert_int_equal(parsed.err, ERR_OK);
    assert_true(parsed.change.set_name && parsed.change.set_email && parsed.change.set_role && parsed.change.admin);
    assert_string_equal(parsed.change.name, "Alice");
    assert_string_equal(parsed.change.email, "alice@example.org");
    release(&parsed);
    parse(&parsed, "{\"role\":\"user\"}");
    assert_int_equal(parsed.err, ERR_OK);
    assert_true(parsed.change.set_role);
    assert_false(parsed.change.admin || parsed.change.set_name || parsed.change.set_email);
    release(&parsed);
}

static void test_absent_is_not_null(void **state) {
    struct parsed parsed;
    (void)state;
    parse(&parsed, "{}");
    assert_int_equal(parsed.err, ERR_OK);
    assert_false(parsed.change.set_name || parsed.change.set_email || parsed.change.set_role);
    release(&parsed);
    parse(&parsed, "{\"name\":null,\"email\":null}");
    assert_int_equal(parsed.err, ERR_OK);
    assert_true(parsed.change.set_name && parsed.change.set_email);
    assert_null(parsed.change.name);
    assert_null(parsed.change.email);
    release(&parsed);
}

static void test_mistakes(void **state) {
    static const struct {
        const char *text;
        enum err err;
        const char *detail;
    } rows[] = {
        {"[]", ERR_INVALID_JSON, "not an object"},
        {"{\"id\":\"x\"}", ERR_INVALID_PARAMETER, "\"id\"; known: name, email, role"},
        {"{\"name\":1}", ERR_INVALID_PARAMETER, "name is not a string or null"},
        {"{\"email\":[]}", ERR_INVALID_PARAMETER, "email is not a string or null"},
        {"{\"role\":null}", ERR_INVALID_PARAMETER, "role is not a string"},
        {"{\"role\":\"root\"}", ERR_INVALID_PARAMETER, "role is neither user nor admin"},
        {"{\"role\":\"Admin\"}", ERR_INVALID_PARAMETER, "role is neither user nor admin"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        parse(&parsed, rows[i].text);
        if (parsed.err != rows[i].err || strstr(parsed.task.fault.detail, rows[i].detail) == NULL) {
            fail_msg("%s: %s", rows[i].text, parsed.task.fault.detail);
        }
        release(&parsed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member),
        cmocka_unit_test(test_absent_is_not_null),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
