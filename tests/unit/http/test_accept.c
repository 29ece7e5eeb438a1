/* Content negotiation: when a client gets CSV instead of JSON. The rows follow RFC 9110, section 12.5.1.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "http/accept.h"

static const struct row {
    const char *accept;
    bool csv;
} rows[] = {
    {"text/csv", true},
    {"TEXT/CSV", true},
    {" text/csv ", true},
    {"text/csv; charset=utf-8", true},
    {"text/csv;header=present;q=0.5", true},
    {"text/*", true},
    {"text/csv, */*;q=0.1", true},
    {"application/json;q=0.8, text/csv", true},
    {"application/json;q=0.8, text/csv;q=0.81", true},
    {"application/json;q=0.801,text/csv;q=0.802", true},
    {"application/json;q=0,*/*", true},
    {"*/*;q=0.5, text/csv;q=0.6", true},
    {"text/csv;q=0.001", true},
    {"application/*;q=0.2, text/*;q=0.3", true},
    {"text/csv ; Q=1.0, application/json ; q = 0.9", true},
    {"", false},
    {"*/*", false},
    {"application/json", false},
    {"text/csv, application/json", false}, /* alike: the usual one */
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
    {"text/csv;q=0", false},
    {"text/csv;q=0.0, */*;q=0.1", false},
    {"text/*;q=0, */*", false},
    {"text/*, text/csv;q=0", false}, /* the most specific one */
    {"text/csv;q=0, text/*", false},
    {"text/csv;q=0.4, application/json;q=0.5", false},
    {"text/csv2", false},
    {"text/cs", false},
    {"text", false},
    {"text/", false},
    {"*", false},
    {"csv", false},
    {";q=1,text;csv,,", false},
    {"application/xml", false},
};

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        if (accept_prefers(row->accept, strlen(row->accept), "text/csv", "application/json") != row->csv) {
            fail_msg("\"%s\"", row->accept);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
