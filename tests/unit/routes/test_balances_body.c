/* The body of POST /balances: what is read from it, and what each mistake is called.
 * Each parse has a task with an arena of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balances_body.h"
#include "core/buf.h"

enum { ARENA_BYTES = 4 * 1024 * 1024 };

/* Vitalik Buterin's address and USDC's, in checksum case (EIP-55). */
#define OWNER "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
#define TOKEN "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
#define ITEM "{\"address\":\"" OWNER "\"}"

struct parsed {
    struct task task;
    struct balances_body body;
    enum err err;
};

/* In memory of exactly its size, so that ASan sees each overrun. */
static void parse_in(struct parsed *parsed, const char *text, size_t len, size_t arena_bytes) {
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    memset(parsed, 0, sizeof *parsed);
    parsed->task.arena = arena_new(arena_bytes);
    parsed->err = balances_body_parse(&parsed->task, &parsed->body, (struct slice){copy, len});
    assert_int_equal(parsed->task.fault.code, parsed->err);
    free(copy); /* nothing may point into it */
}

static void parse(struct parsed *parsed, const char *text) {
    parse_in(parsed, text, strlen(text), ARENA_BYTES);
}

static void release(struct parsed *parsed) {
    arena_free(parsed->task.arena);
}

static void assert_address(const address *have, const char *want) {
    char text[ADDRESS_TEXT_BYTES];
    assert_string_equal(address_format(text, have), want);
}

static void test_items(void **state) {
    (void)state;
    static const char text[] = "{\"items\":[" ITEM ",{\"token\":\"" TOKEN "\",\"address\":\"" OWNER "\"},"
                               "{\"address\":\"0x0000000000000000000000000000000000000000\",\"token\":null}]}";
    struct parsed parsed;
    parse(&parsed, text);
    assert_int_equal(parsed.err, ERR_OK);
    assert_int_equal(parsed.body.n_items, 3);
    assert_int_equal(parsed.body.items[0].read.kind, AMOUNT_NATIVE_BALANCE);
    assert_address(&parsed.body.items[0].read.owner, OWNER);
    assert_int_equal(parsed.body.items[1].read.kind, AMOUNT_TOKEN_BALANCE);
    assert_address(&parsed.body.items[1].read.owner, OWNER);
    assert_address(&parsed.body.items[1].read.token, TOKEN);
    assert_int_equal(parsed.body.items[2].read.kind, AMOUNT_NATIVE_BALANCE);
    assert_address(&parsed.body.items[2].read.owner, "0x0000000000000000000000000000000000000000");
    assert_int_equal(parsed.body.spec.kind, BLOCK_LATEST);
    release(&parsed);
}

static void test_blocks(void **state) {
    (void)state;
    static const struct {
        const char *block;
        int kind; /* -1: refused */
        uint64_t number;
    } rows[] = {
        {"null", BLOCK_LATEST, 0},
        {"\"latest\"", BLOCK_LATEST, 0},
        {"\"safe\"", BLOCK_SAFE, 0},
        {"\"finalized\"", BLOCK_FINALIZED, 0},
        {"0", BLOCK_NUMBER, 0},
        {"19000000", BLOCK_NUMBER, 19000000},
        {"\"19000000\"", BLOCK_NUMBER, 19000000},
        {"\"0x10\"", BLOCK_NUMBER, 16},
        {"9223372036854775807", BLOCK_NUMBER, INT64_MAX},
        {"\"18446744073709551615\"", BLOCK_NUMBER, UINT64_MAX},
        {"\"0x"
         "00000000000000000000000000000000000000000000000000000000000000ff\"",
         BLOCK_HASH, 0},
        {"-1", -1, 0},
        {"-9223372036854775808", -1, 0},
        {"1.0", -1, 0},
        {"1e3", -1, 0},
        {"true", -1, 0},
        {"[]", -1, 0},
        {"{}", -1, 0},
        {"\"\"", -1, 0},
        {"\"pending\"", -1, 0},
        {"\"Latest\"", -1, 0},
        {"\" 1\"", -1, 0},
        {"\"18446744073709551616\"", -1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed parsed;
        char text[256];
        (void)snprintf(text, sizeof text, "{\"block\":%s,\"items\":[" ITEM "]}", rows[i].block);
        parse(&parsed, text);
        if (rows[i].kind < 0) {
            if (parsed.err != ERR_INVALID_PARAMETER) fail_msg("%s: %d", rows[i].block, (int)parsed.err);
            assert_non_null(strstr(parsed.task.fault.detail, "block"));
        } else {
            assert_int_equal(parsed.err, ERR_OK);
            assert_int_equal(parsed.body.spec.kind, rows[i].kind);
            if (rows[i].kind == BLOCK_NUMBER) assert_int_equal(parsed.body.spec.number, rows[i].number);
            if (rows[i].kind == BLOCK_HASH) assert_int_equal(parsed.body.spec.hash.bytes[31], 0xff);
        }
        release(&parsed);
    }
}

static const struct {
    const char *text;
    enum err err;
    const char *named; /* what the detail must say */
} mistakes[] = {
    {"", ERR_INVALID_JSON, "the body is empty"},
    {" ", ERR_INVALID_JSON, "line 1"},
    {"{", ERR_INVALID_JSON, "line 1"},
    {"{\n\"items\":\n[,]}", ERR_INVALID_JSON, "line 3"},
    {"{\"items\":[" ITEM "]", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[" ITEM "]}}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[" ITEM "]} x", ERR_INVALID_JSON, "line 1"},
    {"{'items':[]}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[" ITEM ",]}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[{\"address\":\"\xff\"}]}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[{\"address\":\"\\u0000\"}]}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[{\"address\":\"\\ud800\"}]}", ERR_INVALID_JSON, "line 1"},
    {"\xef\xbb\xbf{\"items\":[" ITEM "]}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[" ITEM "],\"items\":[" ITEM "]}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[{\"address\":\"" OWNER "\",\"address\":\"" OWNER "\"}]}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[" ITEM "],\"block\":9223372036854775808}", ERR_INVALID_JSON, "line 1"},
    {"{\"items\":[" ITEM "],\"block\":1e999}", ERR_INVALID_JSON, "line 1"},
    {"[]", ERR_INVALID_JSON, "not an object"},
    {"[" ITEM "]", ERR_INVALID_JSON, "not an object"},
    {"{}", ERR_INVALID_PARAMETER, "items"},
    {"{\"items\":[]}", ERR_INVALID_PARAMETER, "items"},
    {"{\"items\":{}}", ERR_INVALID_PARAMETER, "items"},
    {"{\"items\":null}", ERR_INVALID_PARAMETER, "items"},
    {"{\"items\":\"x\"}", ERR_INVALID_PARAMETER, "items"},
    {"{\"Items\":[" ITEM "]}", ERR_INVALID_PARAMETER, "\"Items\""},
    {"{\"items\":[" ITEM "],\"blok\":1}", ERR_INVALID_PARAMETER, "\"blok\""},
    {"{\"items\":[" ITEM "],\"\":1}", ERR_INVALID_PARAMETER, "\"\""},
    {"{\"items\":[" ITEM ",1]}", ERR_INVALID_PARAMETER, "items[1] is not an object"},
    {"{\"items\":[" ITEM ",null]}", ERR_INVALID_PARAMETER, "items[1] is not an object"},
    {"{\"items\":[[]]}", ERR_INVALID_PARAMETER, "items[0] is not an object"},
    {"{\"items\":[" ITEM ",{\"address\":\"" OWNER "\",\"tokens\":1}]}", ERR_INVALID_PARAMETER,
     "items[1] has an unknown"},
    {"{\"items\":[{}]}", ERR_INVALID_ADDRESS, "items[0].address"},
    {"{\"items\":[{\"token\":\"" TOKEN "\"}]}", ERR_INVALID_ADDRESS, "items[0].address"},
    {"{\"items\":[{\"address\":null}]}", ERR_INVALID_ADDRESS, "items[0].address"},
    {"{\"items\":[{\"address\":1}]}", ERR_INVALID_ADDRESS, "items[0].address"},
    {"{\"items\":[{\"address\":\"\"}]}", ERR_INVALID_ADDRESS, "items[0].address"},
    {"{\"items\":[{\"address\":\"" OWNER " \"}]}", ERR_INVALID_ADDRESS, "items[0].address"},
    {"{\"items\":[{\"address\":\"vitalik.eth\"}]}", ERR_INVALID_ADDRESS, "\"vitalik.eth\""},
    {"{\"items\":[{\"address\":\"0xD8da6BF26964aF9D7eEd9e03E53415D37aA96045\"}]}", ERR_CHECKSUM_MISMATCH,
     "items[0].address"},
    {"{\"items\":[{\"address\":\"" OWNER "\",\"token\":\"\"}]}", ERR_INVALID_ADDRESS, "items[0].token"},
    {"{\"items\":[{\"address\":\"" OWNER "\",\"token\":false}]}", ERR_INVALID_ADDRESS, "items[0].token"},
    {"{\"items\":[" ITEM "," ITEM ",{\"address\":\"" OWNER
     "\",\"token\":\"0xa0B86991c6218b36c1d19D4a2e9Eb0cE3606eB48\"}]}",
     ERR_CHECKSUM_MISMATCH, "items[2].token"},
};

static void test_mistakes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct parsed parsed;
        parse(&parsed, mistakes[i].text);
        if (parsed.err != mistakes[i].err) fail_msg("%s: %d", mistakes[i].text, (int)parsed.err);
        if (strstr(parsed.task.fault.detail, mistakes[i].named) == NULL) {
            fail_msg("%s: %s", mistakes[i].text, parsed.task.fault.detail);
        }
        release(&parsed);
    }
}

static void test_no_body_at_all(void **state) {
    (void)state;
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    struct balances_body body;
    assert_int_equal(balances_body_parse(&task, &body, (struct slice){NULL, 0}), ERR_INVALID_JSON);
    assert_null(strstr(task.fault.detail, "-1")); /* a line that is none */
    arena_free(task.arena);
}

static void test_a_raw_nul(void **state) {
    (void)state;
    struct parsed parsed;
    static const char text[] = "{\"items\":[" ITEM "]}\0";
    parse_in(&parsed, text, sizeof text - 1, ARENA_BYTES);
    assert_int_equal(parsed.err, ERR_INVALID_JSON);
    release(&parsed);
}

/* A body of n items. The caller frees it. */
static char *many_items(size_t n) {
    struct buf text;
    size_t len;
    buf_init(&text, ARENA_BYTES);
    buf_append_str(&text, "{\"items\":[");
    for (size_t i = 0; i < n; i++) buf_append_str(&text, i == 0 ? ITEM : "," ITEM);
    buf_append_str(&text, "]}");
    buf_append_char(&text, '\0');
    assert_false(text.failed);
    return buf_take(&text, &len);
}

static void test_most_items(void **state) {
    (void)state;
    for (size_t n = BALANCES_MAX_ITEMS - 1; n <= BALANCES_MAX_ITEMS + 1; n++) {
        struct parsed parsed;
        char *text = many_items(n);
        parse(&parsed, text);
        assert_int_equal(parsed.err, n <= BALANCES_MAX_ITEMS ? ERR_OK : ERR_INVALID_PARAMETER);
        if (parsed.err == ERR_OK) assert_int_equal(parsed.body.n_items, n);
        release(&parsed);
        free(text);
    }
}

static void test_memory_runs_out(void **state) {
    (void)state;
    char *text = many_items(100);
    enum err last = ERR_OVERLOADED;
    for (size_t bytes = 0; bytes < 64 * 1024; bytes += 256) {
        struct parsed parsed;
        parse_in(&parsed, text, strlen(text), bytes);
        assert_true(parsed.err == ERR_OVERLOADED || parsed.err == ERR_OK);
        last = parsed.err;
        release(&parsed);
    }
    assert_int_equal(last, ERR_OK);
    free(text);
}

static void test_depth(void **state) {
    (void)state;
    enum { DEEP = 100000 };
    char *text = malloc(DEEP + 1);
    assert_non_null(text);
    memset(text, '[', DEEP);
    static const size_t depths[] = {64, 65, DEEP};
    for (size_t i = 0; i < 3; i++) {
        size_t len = depths[i];
        struct parsed parsed;
        parse_in(&parsed, text, len, ARENA_BYTES);
        assert_int_equal(parsed.err, ERR_INVALID_JSON);
        assert_int_equal(strstr(parsed.task.fault.detail, "deeper") != NULL, len > 64);
        release(&parsed);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),           cmocka_unit_test(test_blocks),    cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_no_body_at_all),  cmocka_unit_test(test_a_raw_nul), cmocka_unit_test(test_most_items),
        cmocka_unit_test(test_memory_runs_out), cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
