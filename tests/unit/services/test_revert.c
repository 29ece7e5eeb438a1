/* What a client is told of a revert, and that nothing a contract says gets through uncleaned.
 * Each test makes and ends its task's arena.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "eth/abi_read.h"
#include "eth/hex.h"
#include "services/revert.h"

enum { ARENA_BYTES = 1024 * 1024, DATA_BYTES = 1024 };

#define WORD(last_two_digits) "00000000000000000000000000000000000000000000000000000000000000" last_two_digits

static const char abi_text[] = "[\"error Short(uint256 available, uint256 required)\",\"error Plain(uint8,string)\","
                               "\"error Empty()\"]";

/* Selectors and encodings by viem's encodeErrorResult. */
static const struct {
    const char *data;
    const char *detail;
    const char *json;
    bool with_abi;
} reverts[] = {
    {"0x", "execution reverted", "{\"data\":null}", true},
    {"0x12", "execution reverted", "{\"data\":\"0x12\"}", true},
    {"0x12345678", "execution reverted: custom error 0x12345678", "{\"data\":\"0x12345678\"}", true},
    {"0x08c379a0" WORD("20") WORD("02") "6e6f000000000000000000000000000000000000000000000000000000000000",
     "execution reverted: no", "{\"name\":\"Error\",\"signature\":\"Error(string)\",\"args\":{\"message\":\"no\"}}",
     false},
    {"0x4e487b71" WORD("01"), "execution reverted: panic 0x01 (assertion failed)",
     "{\"name\":\"Panic\",\"signature\":\"Panic(uint256)\",\"args\":{\"code\":\"1\"}}", false},
};

struct shown {
    char detail[TASK_DETAIL_BYTES];
    char json[2 * DATA_BYTES];
    enum err err;
};

static struct shown show(const char *hex, const char *abi_json) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    struct shown shown = {.err = ERR_OK};
    char problem[ABI_PROBLEM_BYTES];
    uint8_t data[DATA_BYTES];
    const struct abi *abi = NULL;
    size_t len;
    assert_int_equal(hex_decode(data, sizeof data, &len, hex, strlen(hex)), ERR_OK);
    if (abi_json != NULL) {
        assert_int_equal(abi_read_text(&abi, task.arena, problem, abi_json, strlen(abi_json)), ERR_OK);
    }
    shown.err = revert_fail(&task, abi, len > 0 ? data : NULL, len);
    (void)snprintf(shown.detail, sizeof shown.detail, "%s", task.fault.detail);
    (void)snprintf(shown.json, sizeof shown.json, "%.*s", (int)task.fault.revert_len, task.fault.revert);
    assert_int_equal(task.fault.code, shown.err);
    arena_free(task.arena);
    return shown;
}

static void test_reverts_of_every_kind(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof reverts / sizeof *reverts; i++) {
        const struct shown shown = show(reverts[i].data, reverts[i].with_abi ? abi_text : NULL);
        assert_int_equal(shown.err, ERR_EXECUTION_REVERTED);
        assert_string_equal(shown.detail, reverts[i].detail);
        assert_string_equal(shown.json, reverts[i].json);
    }
}

/* Calldata of the error with this selector, found in the ABI, and what follows it. */
static void with_selector(char *out, size_t size, const char *name, const char *words) {
    struct arena *arena = arena_new(ARENA_BYTES);
    char problem[ABI_PROBLEM_BYTES], selector[16];
    const struct abi *abi;
    assert_int_equal(abi_read_text(&abi, arena, problem, abi_text, strlen(abi_text)), ERR_OK);
    const struct abi_item *item = abi_next_named(abi, ABI_ITEM_ERROR, name, strlen(name), NULL);
    assert_non_null(item);
    (void)snprintf(out, size, "%s%s", hex_encode(selector, item->hash.bytes, 4), words);
    arena_free(arena);
}

static void test_an_error_of_the_abi_is_told_with_its_arguments(void **state) {
    (void)state;
    char data[2 * DATA_BYTES];
    with_selector(data, sizeof data, "Short", WORD("05") WORD("07"));
    struct shown shown = show(data, abi_text);
    assert_string_equal(shown.detail, "execution reverted: Short(available: 5, required: 7)");
    assert_string_equal(shown.json, "{\"name\":\"Short\",\"signature\":\"Short(uint256,uint256)\","
                                    "\"args\":{\"available\":\"5\",\"required\":\"7\"}}");
    with_selector(data, sizeof data, "Empty", "");
    assert_string_equal(show(data, abi_text).detail, "execution reverted: Empty()");
    assert_non_null(strstr(show(data, NULL).detail, "custom error 0x"));
}

static void test_what_a_contract_says_is_cleaned(void **state) {
    (void)state;
    char data[2 * DATA_BYTES];
    with_selector(data, sizeof data, "Plain",
                  WORD("07") WORD("40") WORD("04") "1b5b0aff00000000000000000000000000000000000000000000000000000000");
    const struct shown shown = show(data, abi_text);
    assert_non_null(strstr(shown.detail, "Plain(7, "));
    for (const char *p = shown.detail; *p != '\0'; p++) assert_true((unsigned char)*p >= 0x20);
    for (const char *p = shown.json; *p != '\0'; p++) assert_true((unsigned char)*p >= 0x20);
}

static void test_many_words_are_cut(void **state) {
    (void)state;
    enum { LEN = 0x0300 };
    char data[2 * DATA_BYTES], words[2 * DATA_BYTES], text[2 * LEN + 1];
    for (size_t i = 0; i < LEN; i++) memcpy(text + 2 * i, "61", 3);
    (void)snprintf(words, sizeof words, "%s%s%064x%s", WORD("07"), WORD("40"), (unsigned)LEN, text);
    with_selector(data, sizeof data, "Plain", words);
    const struct shown shown = show(data, abi_text);
    static const char begin[] = "execution reverted: Plain(7, aaa";
    assert_memory_equal(shown.detail, begin, sizeof begin - 1);
    assert_int_equal(strlen(shown.detail), TASK_DETAIL_BYTES - 1);
    assert_non_null(strstr(shown.json, "\"args\":[7,\"aaa"));
}

static void test_data_that_no_memory_is_left_for(void **state) {
    (void)state;
    static const uint8_t data[512] = {0x12};
    struct task task = {.arena = arena_new(64)};
    assert_int_equal(revert_fail(&task, NULL, data, sizeof data), ERR_OVERLOADED);
    assert_null(task.fault.revert);
    arena_free(task.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reverts_of_every_kind),
        cmocka_unit_test(test_an_error_of_the_abi_is_told_with_its_arguments),
        cmocka_unit_test(test_what_a_contract_says_is_cleaned),
        cmocka_unit_test(test_many_words_are_cut),
        cmocka_unit_test(test_data_that_no_memory_is_left_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
