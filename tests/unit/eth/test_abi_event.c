/* Tests eth/abi_event with the logs that viem decodes, and with logs of other events. */
#include "abi_fixture.h"

enum { MAX_TOPICS = 5 };

/* Out: as many as there are, in memory of exactly that size. The caller frees it. */
static hash32 *read_topics(size_t *n, const char *text) {
    hash32 *topics = calloc(MAX_TOPICS, sizeof *topics);
    for (*n = 0; *text == '0'; ++*n) {
        assert_true(*n < MAX_TOPICS);
        assert_int_equal(hash32_parse(&topics[*n], text, HASH32_TEXT_BYTES - 1), ERR_OK);
        text += HASH32_TEXT_BYTES - 1;
        text += *text == ' ';
    }
    return realloc(topics, (*n > 0 ? *n : 1) * sizeof *topics);
}

static void test_logs_of_viem(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    vectors_open(&v, "abi_events.tsv");
    while (vectors_next(&v, 5)) {
        size_t len, n;
        uint8_t *data = vectors_unpacked(&len, v.fields[3]);
        hash32 *topics = read_topics(&n, v.fields[2]);
        const struct abi_item *event = abi_fixture_item(f, v.fields[0]);
        enum err err = abi_decode_event(&f->out, f->problem, event, topics, n, data, len);
        if (err != ERR_OK) fail_msg("%s: %s", v.fields[0], f->problem);
        abi_fixture_assert(f, v.fields[4], strlen(v.fields[4]), v.fields[0]);
        free(topics);
        free(data);
    }
    vectors_close(&v, 500);
}

static const char transfer[] = "event Transfer(address indexed from, address indexed to, uint256 value)";

/* An ERC-721's Transfer has the same topic0, but its value is indexed. */
static void test_counts_of_topics(void **state) {
    struct abi_fixture *f = *state;
    const struct abi_item *event = abi_fixture_item(f, transfer);
    const uint8_t data[32] = {[31] = 5};
    hash32 topics[4] = {event->hash, {.bytes = {[31] = 1}}, {.bytes = {[31] = 2}}, {.bytes = {[31] = 3}}};
    for (size_t n = 0; n <= 4; n++) {
        enum err err = abi_decode_event(&f->out, f->problem, event, topics, n, data, sizeof data);
        assert_int_equal(err, n == 3 ? ERR_OK : ERR_ABI_MISMATCH);
        if (n != 3) assert_int_equal(f->out.len, 0);
        buf_clear(&f->out);
    }
    assert_int_equal(abi_decode_event(&f->out, f->problem, event, topics, 3, data, 31), ERR_ABI_MISMATCH);
    assert_string_equal(f->problem, "args is not all there");
    topics[0].bytes[31] ^= 1;
    assert_int_equal(abi_decode_event(&f->out, f->problem, event, topics, 3, data, 32), ERR_ABI_MISMATCH);
    assert_string_equal(f->problem, "args are another event's");
    topics[0].bytes[31] ^= 1;
    topics[2].bytes[0] = 1;
    assert_int_equal(abi_decode_event(&f->out, f->problem, event, topics, 3, data, 32), ERR_ABI_MISMATCH);
    assert_string_equal(f->problem, "args.to is no address");
}

/* All its four topics are arguments, whatever the first one looks like. */
static void test_an_anonymous_event(void **state) {
    struct abi_fixture *f = *state;
    const struct abi_item *event = abi_fixture_item(
        f, "event E(uint8 indexed a, uint8 indexed b, string indexed c, int8[] indexed d, bool e) anonymous");
    const uint8_t data[32] = {[31] = 1};
    const hash32 topics[4] = {{.bytes = {[31] = 1}}, {.bytes = {[31] = 2}}, {.bytes = {3}}, {.bytes = {[31] = 4}}};
    static const char wanted[] =
        "{\"a\":1,\"b\":2,"
        "\"c\":\"0x0300000000000000000000000000000000000000000000000000000000000000\","
        "\"d\":\"0x0000000000000000000000000000000000000000000000000000000000000004\",\"e\":true}";
    assert_int_equal(abi_decode_event(&f->out, f->problem, event, topics, 4, data, sizeof data), ERR_OK);
    abi_fixture_assert(f, wanted, sizeof wanted - 1, "anonymous");
    assert_int_equal(abi_decode_event(&f->out, f->problem, event, topics, 3, data, sizeof data), ERR_ABI_MISMATCH);
}

static void test_past_the_maximum(void **state) {
    struct abi_fixture *f = *state;
    const struct abi_item *event = abi_fixture_item(f, transfer);
    const hash32 topics[3] = {event->hash};
    const uint8_t data[32] = {0};
    struct buf out;
    buf_init(&out, 20);
    assert_int_equal(abi_decode_event(&out, f->problem, event, topics, 3, data, sizeof data), ERR_OVERLOADED);
    assert_true(out.len == 0 && !out.failed);
    buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        abi_test(test_logs_of_viem),
        abi_test(test_counts_of_topics),
        abi_test(test_an_anonymous_event),
        abi_test(test_past_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
