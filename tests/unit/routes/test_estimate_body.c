/* The body of POST /estimate: every member, what may be left out, and what is refused and named.
 * Each test makes and frees its own arena.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "estimate_body.h"

#define TO "0x00000000000000000000000000000000000000f2"
#define FROM "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

struct parsed {
    struct draft draft;
    uint8_t data[8];
    enum err err;
    char detail[TASK_DETAIL_BYTES];
};

static struct parsed parse(const char *text) {
    struct task task = {.arena = arena_new(64 * 1024)};
    struct parsed parsed;
    memset(&parsed, 0, sizeof parsed);
    parsed.err = estimate_body_parse(&task, &parsed.draft, (struct slice){text, strlen(text)});
    memcpy(parsed.detail, task.fault.detail, sizeof parsed.detail);
    if (parsed.err == ERR_OK && parsed.draft.data_len > 0 && parsed.draft.data_len <= sizeof parsed.data) {
        memcpy(parsed.data, parsed.draft.data, parsed.draft.data_len);
    }
    arena_free(task.arena);
    return parsed;
}

static void test_every_member(void **state) {
    (void)state;
    struct parsed parsed =
        parse("{\"from\":\"" FROM "\",\"to\":\"" TO "\",\"data\":\"0x0102\",\"value\":\"1000000000000000000\"}");
    assert_int_equal(parsed.err, ERR_OK);
    assert_true(parsed.draft.has_from && parsed.draft.has_to);
    assert_int_equal(parsed.draft.from.bytes[0], 0x70);
    assert_int_equal(parsed.draft.to.bytes[19], 0xf2);
    assert_int_equal(parsed.draft.data_len, 2);
    assert_memory_equal(parsed.data, "\x01\x02", 2);
    assert_int_equal(parsed.draft.value.limb[0], 1000000000000000000);
}

static void test_what_may_be_left_out(void **state) {
    (void)state;
    static const char *const transfers[] = {"{\"to\":\"" TO "\"}",
                                            "{\"to\":\"" TO "\",\"from\":null,\"data\":null,\"value\":null}",
                                            "{\"to\":\"" TO "\",\"data\":\"0x\",\"value\":0}"};
    for (size_t i = 0; i < 3; i++) {
        struct parsed parsed = parse(transfers[i]);
        assert_int_equal(parsed.err, ERR_OK);
        assert_true(parsed.draft.has_to && !parsed.draft.has_from);
        assert_int_equal(parsed.draft.data_len, 0);
        assert_true(u256_is_zero(&parsed.draft.value));
    }
    struct parsed creation = parse("{\"data\":\"0x6000\",\"value\":\"0x10\"}");
    assert_int_equal(creation.err, ERR_OK);
    assert_false(creation.draft.has_to || creation.draft.has_from);
    assert_int_equal(creation.draft.value.limb[0], 16);
}

static void test_what_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        const char *named;
    } rows[] = {
        {"{}", ERR_INVALID_PARAMETER, "to"},
        {"{\"data\":\"0x\"}", ERR_INVALID_PARAMETER, "to"},
        {"{\"to\":null,\"value\":1}", ERR_INVALID_PARAMETER, "to"},
        {"{\"to\":7}", ERR_INVALID_ADDRESS, "to"},
        {"{\"to\":\"0x1\"}", ERR_INVALID_ADDRESS, "to"},
        {"{\"to\":\"" TO "\",\"from\":\"0x70997970c51812dc3A010C7d01b50e0d17dc79C8\"}", ERR_CHECKSUM_MISMATCH, "from"},
        {"{\"to\":\"" TO "\",\"data\":\"0x1\"}", ERR_INVALID_PARAMETER, "data"},
        {"{\"to\":\"" TO "\",\"data\":\"0102\"}", ERR_INVALID_PARAMETER, "data"},
        {"{\"to\":\"" TO "\",\"data\":[1]}", ERR_INVALID_PARAMETER, "data"},
        {"{\"to\":\"" TO "\",\"value\":-1}", ERR_INVALID_PARAMETER, "value"},
        {"{\"to\":\"" TO "\",\"value\":1.5}", ERR_INVALID_PARAMETER, "value"},
        {"{\"to\":\"" TO "\",\"value\":9007199254740992}", ERR_INVALID_PARAMETER, "value"},
        {"{\"to\":\"" TO "\",\"value\":\"1 ether\"}", ERR_INVALID_PARAMETER, "value"},
        {"{\"to\":\"" TO "\",\"gas\":21000}", ERR_INVALID_PARAMETER, "gas"},
        {"{\"to\":\"" TO "\",\"to\":\"" TO "\"}", ERR_INVALID_JSON, ""},
        {"[]", ERR_INVALID_JSON, ""},
        {"", ERR_INVALID_JSON, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed parsed = parse(rows[i].text);
        if (parsed.err != rows[i].err || strstr(parsed.detail, rows[i].named) == NULL) {
            fail_msg("%s: %s", rows[i].text, parsed.detail);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member),
        cmocka_unit_test(test_what_may_be_left_out),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
