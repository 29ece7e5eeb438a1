/* The body of POST /keys. Each parse has a task with an arena of its own. Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/principal.h"
#include "key_body.h"

enum { ARENA_BYTES = 64 * 1024 };

struct parsed {
    struct task task;
    struct key_wish wish;
    enum err err;
};

static void parse(struct parsed *parsed, const char *text) {
    memset(parsed, 0, sizeof *parsed);
    parsed->task.arena = arena_new(ARENA_BYTES);
    parsed->err = key_body_parse(&parsed->task, &parsed->wish, (struct slice){text, strlen(text)});
}

static void release(struct parsed *parsed) {
    arena_free(parsed->task.arena);
}

static void test_wishes(void **state) {
    static const struct {
        const char *text;
        uint32_t scopes;
        uint64_t expires_at_s;
    } rows[] = {
        {"{\"name\":\"ci\",\"scopes\":[\"read\"]}", SCOPE_READ, 0},
        {"{\"name\":\"ci\",\"scopes\":[\"read\"],\"expires_at\":null}", SCOPE_READ, 0},
        {"{\"name\":\"ci\",\"scopes\":[\"account:write\",\"read\"],\"expires_at\":2000000000}",
         SCOPE_READ | SCOPE_ACCOUNT_WRITE, 2000000000},
        {"{\"name\":\"ci\",\"scopes\":[\"audit:read\",\"users:write\",\"users:read\",\"account:write\",\"account:"
         "read\","
         "\"read\"]}",
         SCOPE_READ | SCOPE_ACCOUNT_READ | SCOPE_ACCOUNT_WRITE | SCOPE_USERS_READ | SCOPE_USERS_WRITE |
             SCOPE_AUDIT_READ,
         0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        parse(&parsed, rows[i].text);
        if (parsed.err != ERR_OK) fail_msg("%s: %s", rows[i].text, parsed.task.fault.detail);
        assert_string_equal(parsed.wish.name, "ci");
        assert_int_equal(parsed.wish.scopes, rows[i].scopes);
        assert_true(parsed.wish.expires_at_s == rows[i].expires_at_s);
        release(&parsed);
    }
}

static void test_mistakes(void **state) {
    static const struct {
        const char *text;
        const char *detail;
    } rows[] = {
        {"{}", "name is missing"},
        {"{\"name\":null,\"scopes\":[\"read\"]}", "name is not a string"},
        {"{\"name\":\"ci\"}", "scopes must be an array of 1 to 8 strings"},
        {"{\"name\":\"ci\",\"scopes\":[]}", "scopes must be an array of 1 to 8 strings"},
        {"{\"name\":\"ci\",\"scopes\":\"read\"}", "scopes must be an array"},
        {"{\"name\":\"ci\",\"scopes\":[\"read\",\"write\"]}",
         "scopes[1] is not one of read, account:read, account:write, users:read, users:write, audit:read, tx:send, "
         "contracts:write"},
        {"{\"name\":\"ci\",\"scopes\":[\"session\"]}", "scopes[0] is not one of"},
        {"{\"name\":\"ci\",\"scopes\":[\"read\",\"read\"]}", "scopes[1], read, is there twice"},
        {"{\"name\":\"ci\",\"scopes\":[\"read\"],\"expires_at\":0}", "expires_at is 0"},
        {"{\"name\":\"ci\",\"scopes\":[\"read\"],\"expires_at\":-1}", "expires_at is -1"},
        {"{\"name\":\"ci\",\"scopes\":[\"read\"],\"expires_at\":9007199254740993}",
         "expires_at is 9007199254740993, not from 0 to 9007199254740991"},
        {"{\"name\":\"ci\",\"scopes\":[\"read\"],\"expires_at\":\"2030-01-01\"}", "expires_at is not an integer"},
        {"{\"name\":\"ci\",\"scopes\":[\"read\"],\"expires\":1}", "unknown member \"expires\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        parse(&parsed, rows[i].text);
        if (parsed.err != ERR_INVALID_PARAMETER || strstr(parsed.task.fault.detail, rows[i].detail) == NULL) {
            fail_msg("%s: %s", rows[i].text, parsed.task.fault.detail);
        }
        release(&parsed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
