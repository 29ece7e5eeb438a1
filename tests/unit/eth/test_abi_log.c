/* Which event a log is taken for: by its topic and what is indexed, or as an anonymous one by what it fits.
 * Each test frees what it read.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/arena.h"
#include "eth/abi_log.h"
#include "eth/abi_read.h"
#include "eth/keccak.h"

enum { ARGS_BYTES = 256 };

struct reading {
    struct arena *arena;
    const struct abi *abi;
    struct buf args;
};

static struct reading open_abi(const char *text) {
    struct reading reading = {.arena = arena_new(1024 * 1024)};
    char problem[ABI_PROBLEM_BYTES] = "";
    enum err err = abi_read_text(&reading.abi, reading.arena, problem, text, strlen(text));
    if (err != ERR_OK) fail_msg("%s", problem);
    buf_init(&reading.args, ARGS_BYTES);
    return reading;
}

static void close_abi(struct reading *reading) {
    buf_free(&reading->args);
    arena_free(reading->arena);
}

static hash32 topic_of(const char *signature) {
    hash32 hash;
    keccak256(hash.bytes, signature, strlen(signature));
    return hash;
}

/* In: words, that the data has. */
static void assert_read(struct reading *reading, const hash32 *topics, size_t n_topics, size_t words, const char *name,
                        const char *args) {
    static const uint8_t zeros[4096];
    buf_clear(&reading->args);
    buf_append_str(&reading->args, "[");
    const struct abi_item *event = abi_read_log(&reading->args, reading->abi, topics, n_topics, zeros, 32 * words);
    if (name == NULL) {
        assert_null(event);
    } else {
        assert_non_null(event);
        assert_string_equal(event->name, name);
    }
    assert_int_equal(reading->args.len, 1 + strlen(args));
    assert_memory_equal(reading->args.data + 1, args, strlen(args));
}

static void test_by_what_is_indexed(void **state) {
    (void)state;
    struct reading reading = open_abi("[\"event Move(address indexed from, uint256 amount)\","
                                      "\"event Move(address indexed from, uint256 indexed id)\"]");
    hash32 topics[3] = {topic_of("Move(address,uint256)")};
    assert_read(&reading, topics, 2, 1, "Move",
                "{\"from\":\"0x0000000000000000000000000000000000000000\",\"amount\":\"0\"}");
    assert_read(&reading, topics, 3, 0, "Move",
                "{\"from\":\"0x0000000000000000000000000000000000000000\",\"id\":\"0\"}");
    assert_read(&reading, topics, 2, 0, NULL, ""); /* no amount */
    assert_read(&reading, topics, 1, 1, NULL, "");
    assert_read(&reading, topics, 0, 1, NULL, "");
    topics[0] = topic_of("Other()");
    assert_read(&reading, topics, 2, 1, NULL, "");
    close_abi(&reading);
}

static void test_an_anonymous_event_is_the_only_one_that_fits(void **state) {
    (void)state;
    struct reading reading = open_abi("[\"event One(uint8 indexed a) anonymous\","
                                      "\"event Two(uint8 indexed a, uint8 b) anonymous\",\"event Named(uint8 a)\"]");
    hash32 topics[2] = {{{0}}};
    assert_read(&reading, topics, 1, 0, "One", "{\"a\":0}");
    assert_read(&reading, topics, 1, 1, NULL, ""); /* both: data may be longer than it has to be */
    assert_read(&reading, topics, 0, 0, NULL, "");
    topics[0] = topic_of("Named(uint8)");
    assert_read(&reading, topics, 1, 1, "Named", "{\"a\":0}"); /* what has a name is not guessed at */
    close_abi(&reading);
}

/* It is known all the same. */
static void test_arguments_that_are_too_long_are_left_out(void **state) {
    (void)state;
    struct reading reading = open_abi("[\"event Long(uint256[100] numbers)\"]");
    hash32 topics[1] = {topic_of("Long(uint256[100])")};
    assert_read(&reading, topics, 1, 100, "Long", "");
    assert_read(&reading, topics, 1, 99, NULL, "");
    close_abi(&reading);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_what_is_indexed),
        cmocka_unit_test(test_an_anonymous_event_is_the_only_one_that_fits),
        cmocka_unit_test(test_arguments_that_are_too_long_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
