/* Pages of lists: what is taken as limit and cursor, and where the next page is said to be.
 * Each test makes its request and frees it.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/answer.h"
#include "page.h"
#include "services/indexed.h"

enum { CHAIN_ID = 31337, PLACE_BYTES = 20 };

uint64_t chain_id(const struct chain *chain) {
    (void)chain;
    return CHAIN_ID;
}

/* Stands in for services/indexed: a database that knows the chain, or none. */
static enum err database;
enum err indexed_begin(struct task *task, const struct source *source, uint64_t *id) {
    (void)source;
    *id = CHAIN_ID;
    return database == ERR_OK ? ERR_OK : task_fail(task, database, "away");
}

static struct answer answer;
static struct page page;

static void begin(const char *path) {
    answer_begin(&answer, HTTP_GET, path);
    answer.req.path = (struct slice){path, strlen(path)};
}

static void add_query(const char *name, const char *value) {
    answer.req.query[answer.req.n_query++] = (struct query_arg){{name, strlen(name)}, {value, strlen(value)}};
}

static enum err read_page(const char *filter) {
    static const struct source source = {.chain = NULL}; /* the page goes on to refer to it */
    return page_read(&answer.req, &page, &source, CURSOR_TOKENS, filter, strlen(filter), PLACE_BYTES);
}

/* Returns the cursor behind a first page, in the request's arena. */
static const char *first_page(const char *filter) {
    static const struct block_ref block = {.number = 7};
    static const char place[PLACE_BYTES] = "the last of the page";
    assert_int_equal(read_page(filter), ERR_OK);
    assert_int_equal(page_set_next(&answer.req, &answer.res, &page, &block, place), ERR_OK);
    return page.next;
}

static void test_limits(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t limit; /* 0: refused */
    } rows[] = {{"1", 1},  {"50", 50}, {"1000", 1000},    {"0", 0}, {"1001", 0},
                {"01", 0}, {"1e2", 0}, {"4294967297", 0}, {"", 0},  {"-1", 0}};
    begin("/tokens");
    assert_int_equal(read_page(""), ERR_OK);
    assert_int_equal(page.limit, PAGE_LIMIT_DEFAULT);
    assert_false(page.goes_on);
    answer_end(&answer);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin("/tokens");
        add_query("limit", rows[i].text);
        assert_int_equal(read_page(""), rows[i].limit > 0 ? ERR_OK : ERR_INVALID_PARAMETER);
        if (rows[i].limit > 0) assert_int_equal(page.limit, rows[i].limit);
        answer_end(&answer);
    }
}

static void test_a_cursor_goes_on_where_the_page_ended(void **state) {
    (void)state;
    char cursor[CURSOR_TEXT_BYTES];
    begin("/tokens");
    snprintf(cursor, sizeof cursor, "%s", first_page("filter"));
    answer_end(&answer);
    begin("/tokens");
    add_query("cursor", cursor);
    assert_int_equal(read_page("filter"), ERR_OK);
    assert_true(page.goes_on);
    assert_memory_equal(page.cursor.place, "the last of the page", PLACE_BYTES);
    assert_int_equal(read_page("another"), ERR_INVALID_CURSOR);
    database = ERR_INDEX_UNAVAILABLE;
    assert_int_equal(read_page("filter"), ERR_INDEX_UNAVAILABLE);
    database = ERR_OK;
    answer_end(&answer);
}

static void test_places_of_logs_come_back(void **state) {
    (void)state;
    struct log_place place = {.block_number = UINT64_MAX - 1, .log_index = UINT32_MAX - 2, .block_hash = {{1, 2, 3}}};
    struct page at = {.cursor = {.block_number = 7, .block_hash = {{4, 5}}}};
    struct list_place read;
    page_log_place_write(at.cursor.place, &place);
    page_log_place_read(&read, &at);
    assert_true(read.block_number == place.block_number && read.log_index == place.log_index);
    assert_memory_equal(&read.block_hash, &place.block_hash, sizeof read.block_hash);
    assert_true(read.first_number == 7);
    assert_memory_equal(&read.first_hash, &at.cursor.block_hash, sizeof read.first_hash);
}

/* Such a list asks no index, and its cursors are no chain's. */
static void test_a_list_of_no_chain(void **state) {
    (void)state;
    static const char place[PLACE_BYTES] = "the last of the page";
    char cursor[CURSOR_TEXT_BYTES];
    begin("/users");
    database = ERR_INDEX_UNAVAILABLE;
    assert_int_equal(page_read(&answer.req, &page, NULL, CURSOR_USERS, "", 0, PLACE_BYTES), ERR_OK);
    assert_int_equal(page_set_next(&answer.req, &answer.res, &page, NULL, place), ERR_OK);
    snprintf(cursor, sizeof cursor, "%s", page.next);
    answer_end(&answer);
    begin("/users");
    add_query("cursor", cursor);
    assert_int_equal(page_read(&answer.req, &page, NULL, CURSOR_USERS, "", 0, PLACE_BYTES), ERR_OK);
    assert_true(page.goes_on);
    assert_memory_equal(page.cursor.place, place, PLACE_BYTES);
    assert_int_equal(page_read(&answer.req, &page, NULL, CURSOR_KEYS, "", 0, PLACE_BYTES), ERR_INVALID_CURSOR);
    database = ERR_OK;
    assert_int_equal(read_page(""), ERR_INVALID_CURSOR);
    answer_end(&answer);
}

static void test_the_link_repeats_the_request_but_for_the_cursor(void **state) {
    (void)state;
    char want[256];
    begin("/tokens/0xAb%20c/holders");
    add_query("limit", "7");
    add_query("chain", "my chain&\xC3\xA9");
    const char *next = first_page("");
    snprintf(want, sizeof want,
             "</tokens/0xAb%%20c/holders?limit=7&chain=my%%20chain%%26%%C3%%A9&cursor=%s>; rel=\"next\"", next);
    assert_header(&answer, "Link", want);
    add_query("cursor", next);
    assert_int_equal(read_page(""), ERR_OK);
    const char *again = first_page("");
    assert_string_equal(again, next);
    assert_header(&answer, "Link", want);
    answer_end(&answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_a_cursor_goes_on_where_the_page_ended),
        cmocka_unit_test(test_places_of_logs_come_back),
        cmocka_unit_test(test_a_list_of_no_chain),
        cmocka_unit_test(test_the_link_repeats_the_request_but_for_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
