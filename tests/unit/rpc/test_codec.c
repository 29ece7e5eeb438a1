/* Requests come out as JSON-RPC 2.0, and of a reply only what carries the id of a call counts for it.
 * Each test frees the reply it parsed.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/json_depth.h"
#include "rpc/codec.h"

enum { FIRST_ID = 40, N = 3 };

static void check_request(size_t n, const char *want) {
    struct rpc_call a = {.method = "eth_chainId", .params = "[]"};
    struct rpc_call b = {.method = "eth_call", .params = "[{\"to\":\"0x1\"},\"latest\"]"};
    struct rpc_call *calls[] = {&a, &b};
    struct buf out;
    buf_init(&out, 1024);
    codec_build(&out, calls, n, FIRST_ID);
    assert_false(out.failed);
    assert_int_equal(out.len, strlen(want));
    assert_memory_equal(out.data, want, out.len);
    buf_free(&out);
}

static void test_builds_requests(void **state) {
    (void)state;
    check_request(1, "{\"jsonrpc\":\"2.0\",\"id\":40,\"method\":\"eth_chainId\",\"params\":[]}");
    check_request(2,
                  "[{\"jsonrpc\":\"2.0\",\"id\":40,\"method\":\"eth_chainId\",\"params\":[]},"
                  "{\"jsonrpc\":\"2.0\",\"id\":41,\"method\":\"eth_call\",\"params\":[{\"to\":\"0x1\"},\"latest\"]}]");
}

/* kinds: one letter per call: missing, result, error, bad (malformed). "nonsense" and "whole" for the reply. */
static void check_reply(size_t n, const char *text, const char *kinds) {
    struct codec_reply reply;
    struct codec_item items[N];
    char got[N + 1] = "";
    codec_parse(&reply, items, n, FIRST_ID, text, strlen(text));
    for (size_t i = 0; i < n; i++) got[i] = "mreb"[items[i].kind];
    if (reply.kind == CODEC_NONSENSE) {
        assert_string_equal(kinds, "nonsense");
    } else if (reply.kind == CODEC_WHOLE_ERROR) {
        assert_string_equal(kinds, "whole");
        assert_non_null(reply.error);
    } else {
        assert_string_equal(got, kinds);
    }
    for (size_t i = 0; i < n; i++) {
        assert_true((items[i].value != NULL) == (items[i].kind == CODEC_RESULT || items[i].kind == CODEC_ERROR));
    }
    json_decref(reply.root);
}

static void test_single_replies(void **state) {
    (void)state;
    check_reply(1, "{\"jsonrpc\":\"2.0\",\"id\":40,\"result\":\"0x1\"}", "r");
    check_reply(1, "{\"id\":40,\"result\":null}", "r");
    check_reply(1, "{\"id\":40,\"result\":\"0x1\",\"error\":null}", "r");
    check_reply(1, "{\"id\":40,\"result\":null,\"error\":{\"code\":1,\"message\":\"x\"}}", "e");
    check_reply(1, "{\"id\":40,\"error\":\"just text\"}", "e");
    check_reply(1, "{\"id\":40,\"error\":7}", "b");
    check_reply(1, "{\"id\":40,\"result\":\"0x1\",\"error\":{\"code\":1}}", "b");
    check_reply(1, "{\"id\":40}", "b");
    check_reply(1, "{\"id\":null,\"error\":{\"code\":-32700}}", "whole");
    check_reply(1, "{\"error\":{\"code\":429,\"message\":\"slow down\"}}", "whole");
}

static void test_wrong_ids(void **state) {
    (void)state;
    check_reply(1, "{\"id\":41,\"result\":\"0x1\"}", "nonsense");
    check_reply(1, "{\"id\":\"40\",\"result\":\"0x1\"}", "nonsense");
    check_reply(1, "{\"id\":40.0,\"result\":\"0x1\"}", "nonsense");
    check_reply(1, "{\"id\":-40,\"result\":\"0x1\"}", "nonsense");
    check_reply(1, "{\"result\":\"0x1\"}", "nonsense");
    check_reply(1, "{\"id\":39,\"error\":{\"code\":1}}", "nonsense");
    check_reply(2, "[{\"id\":\"40\",\"result\":1},{\"id\":41,\"result\":2}]", "mr");
}

static void test_no_json_rpc(void **state) {
    (void)state;
    check_reply(1, "", "nonsense");
    check_reply(1, "<html><body>502 Bad Gateway</body></html>", "nonsense");
    check_reply(1, "\"0x1\"", "nonsense");
    check_reply(1, "{\"id\":40,\"result\":\"0x1\"} and more", "nonsense");
    check_reply(1, "{\"id\":40,\"result\":\"0x", "nonsense");
    check_reply(1, "[{\"id\":40,\"result\":\"0x1\"}]", "nonsense");
    check_reply(2, "[]", "nonsense");
    check_reply(2, "[1,null,[]]", "nonsense");
    check_reply(2, "{\"id\":40,\"result\":1}", "nonsense");
}

static void test_batches_in_any_order(void **state) {
    (void)state;
    struct codec_reply reply;
    struct codec_item items[N];
    static const char text[] = "[{\"id\":42,\"result\":2},{\"id\":40,\"result\":0},{\"id\":41,\"result\":1}]";
    codec_parse(&reply, items, N, FIRST_ID, text, strlen(text));
    assert_int_equal(reply.kind, CODEC_ITEMS);
    for (size_t i = 0; i < N; i++) assert_int_equal(json_integer_value(items[i].value), i);
    json_decref(reply.root);
}

static void test_batches_with_gaps(void **state) {
    (void)state;
    check_reply(3, "[{\"id\":40,\"result\":0},{\"id\":42,\"result\":2}]", "rmr");
    check_reply(3, "[{\"id\":41,\"error\":{\"code\":3,\"message\":\"no\"}}]", "mem");
    check_reply(3, "[{\"id\":40,\"result\":0},{\"id\":40,\"result\":1},{\"id\":41,\"result\":1}]", "brm");
    check_reply(3, "[{\"id\":40,\"result\":0},{\"id\":43,\"result\":1},7,{\"id\":39,\"result\":1}]", "rmm");
}

static void test_one_error_for_a_whole_batch(void **state) {
    (void)state;
    check_reply(2, "{\"id\":null,\"error\":{\"code\":-32600,\"message\":\"batch too large\"}}", "whole");
    check_reply(2, "{\"id\":40,\"error\":{\"code\":-32600,\"message\":\"batch too large\"}}", "whole");
    check_reply(2, "[{\"id\":null,\"error\":{\"code\":-32000,\"message\":\"batch limit 100 exceeded\"}}]", "whole");
    check_reply(2, "[{\"id\":null,\"error\":{\"code\":1}},{\"id\":41,\"result\":1}]", "mr");
}

static void test_deep_nesting_is_refused(void **state) {
    (void)state;
    char text[4 * JSON_MAX_DEPTH] = "{\"id\":40,\"result\":";
    size_t len = strlen(text);
    memset(text + len, '[', JSON_MAX_DEPTH);
    memset(text + len + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    text[len + 2 * JSON_MAX_DEPTH] = '}';
    check_reply(1, text, "nonsense"); /* one level too many */
    memmove(text + len, text + len + 1, strlen(text + len));
    memmove(strchr(text, ']'), strchr(text, ']') + 1, strlen(strchr(text, ']')));
    check_reply(1, text, "r");
}

static void test_reads_errors(void **state) {
    (void)state;
    static const struct {
        const char *json;
        int64_t code;
        const char *text;
        size_t len;
    } rows[] = {
        {"{\"code\":-32000,\"message\":\"no\"}", -32000, "no", 2},
        {"{\"code\":\"-32000\",\"message\":7}", 0, "", 0},
        {"{}", 0, "", 0},
        {"{\"message\":\"a\\u0000b\"}", 0, "a\0b", 3},
        {"\"just text\"", 0, "just text", 9},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *error = json_loads(rows[i].json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        struct codec_error read = codec_error_read(error);
        assert_int_equal(read.code, rows[i].code);
        assert_int_equal(read.text_len, rows[i].len);
        assert_memory_equal(read.text, rows[i].text, rows[i].len);
        json_decref(error);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builds_requests),
        cmocka_unit_test(test_single_replies),
        cmocka_unit_test(test_wrong_ids),
        cmocka_unit_test(test_no_json_rpc),
        cmocka_unit_test(test_batches_in_any_order),
        cmocka_unit_test(test_batches_with_gaps),
        cmocka_unit_test(test_one_error_for_a_whole_batch),
        cmocka_unit_test(test_deep_nesting_is_refused),
        cmocka_unit_test(test_reads_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
