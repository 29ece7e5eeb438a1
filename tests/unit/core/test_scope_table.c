/* Scopes by name. Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/scope_table.h"

static void test_names(void **state) {
    static const struct {
        const char *name;
        enum scope scope;
        bool admins_only;
    } rows[] = {
        {"read", SCOPE_READ, false},
        {"account:read", SCOPE_ACCOUNT_READ, false},
        {"account:write", SCOPE_ACCOUNT_WRITE, false},
        {"users:read", SCOPE_USERS_READ, true},
        {"users:write", SCOPE_USERS_WRITE, true},
        {"audit:read", SCOPE_AUDIT_READ, true},
        {"tx:send", SCOPE_TX_SEND, false},
        {"contracts:write", SCOPE_CONTRACTS_WRITE, true},
    };
    (void)state;
    assert_int_equal(scope_count, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < scope_count; i++) {
        const struct scope_row *row = scope_find(rows[i].name, strlen(rows[i].name));
        assert_non_null(row);
        assert_int_equal(row->scope, rows[i].scope);
        assert_int_equal(row->admins_only, rows[i].admins_only);
    }
}

static void test_what_is_no_scope(void **state) {
    static const char *const names[] = {"", "rea", "reads", "Read", "session", "account", "account:read "};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) assert_null(scope_find(names[i], strlen(names[i])));
    assert_null(scope_find("read\0", 5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_what_is_no_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
