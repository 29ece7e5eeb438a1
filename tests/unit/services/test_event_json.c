/* Logs as clients see them: what the ABI knows, what it does not, and what only pretends to be an event of it.
 * Each test makes and frees its own arena.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "eth/abi_read.h"
#include "services/event_json.h"

enum { ARENA_BYTES = 1024 * 1024, MAX_JSON = 16 * 1024 };

/* Source: ERC-20; its topic0 is known everywhere. */
static const char abi_text[] = "[\"event Transfer(address indexed from, address indexed to, uint256 value)\"]";
static const hash32 transfer = {{0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0,
                                 0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4,
                                 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef}};

#define TOPIC0_REST "f252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
#define TOPIC0 "0xdd" TOPIC0_REST
#define ZEROS "000000000000000000000000000000000000000000000000000000000000"
#define ADDRESS "{\"address\":\"0x2200000000000000000000000000000000000000\","

static void assert_json(const struct event_log *log, const char *abi_json, const char *want) {
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct abi *abi = NULL;
    char problem[ABI_PROBLEM_BYTES];
    struct json_out out;
    struct buf buf;
    if (abi_json != NULL) assert_int_equal(abi_read_text(&abi, arena, problem, abi_json, strlen(abi_json)), ERR_OK);
    buf_init(&buf, MAX_JSON);
    json_out_init(&out, &buf);
    json_out_object_begin(&out);
    event_json_write(&out, log, abi);
    json_out_object_end(&out);
    buf_append_char(&buf, '\0');
    assert_false(buf.failed);
    assert_string_equal(buf.data, want);
    buf_free(&buf);
    arena_free(arena);
}

#define UNKNOWN "\"name\":null,\"signature\":null,\"args\":null,"

static void test_a_log_is_read_by_its_abi(void **state) {
    (void)state;
    uint8_t data[32] = {[31] = 5};
    struct event_log log = {.contract = {{0x22}},
                            .topics = {transfer, {{[31] = 1}}, {{[31] = 2}}},
                            .n_topics = 3,
                            .data = data,
                            .data_len = sizeof data};
#define TOPICS "\"topics\":[\"" TOPIC0 "\",\"0x" ZEROS "0001\",\"0x" ZEROS "0002\"],\"data\":\"0x" ZEROS "0005\"}"
    assert_json(&log, abi_text,
                ADDRESS "\"name\":\"Transfer\",\"signature\":\"Transfer(address,address,uint256)\",\"args\":{"
                        "\"from\":\"0x0000000000000000000000000000000000000001\","
                        "\"to\":\"0x0000000000000000000000000000000000000002\",\"value\":\"5\"}," TOPICS);
    log.topics[0].bytes[0]++;
    assert_json(&log, abi_text,
                ADDRESS UNKNOWN "\"topics\":[\"0xde" TOPIC0_REST "\",\"0x" ZEROS "0001\",\"0x" ZEROS
                                "0002\"],\"data\":\"0x" ZEROS "0005\"}");
}

static void test_what_everybody_knows_needs_no_abi(void **state) {
    (void)state;
    uint8_t data[32] = {[31] = 5};
    struct event_log log = {.contract = {{0x22}},
                            .topics = {transfer, {{[31] = 1}}, {{[31] = 2}}},
                            .n_topics = 3,
                            .data = data,
                            .data_len = sizeof data};
    assert_json(&log, NULL,
                ADDRESS "\"name\":\"Transfer\",\"signature\":\"Transfer(address,address,uint256)\",\"args\":{"
                        "\"from\":\"0x0000000000000000000000000000000000000001\","
                        "\"to\":\"0x0000000000000000000000000000000000000002\",\"value\":\"5\"}," TOPICS);
}

static void test_one_of_another_shape_stays_as_it_is(void **state) {
    (void)state;
    struct event_log log = {.contract = {{0x22}}, .topics = {transfer}, .n_topics = 1};
    assert_json(&log, abi_text, ADDRESS UNKNOWN "\"topics\":[\"" TOPIC0 "\"],\"data\":\"0x\"}");
}

static void test_one_without_topics(void **state) {
    (void)state;
    struct event_log log = {.contract = {{0x22}}};
    assert_json(&log, abi_text, ADDRESS UNKNOWN "\"topics\":[],\"data\":\"0x\"}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_log_is_read_by_its_abi),
        cmocka_unit_test(test_what_everybody_knows_needs_no_abi),
        cmocka_unit_test(test_one_of_another_shape_stays_as_it_is),
        cmocka_unit_test(test_one_without_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
