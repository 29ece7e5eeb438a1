/* Tests eth/abi_topic with the topics that viem and contracts have, and with values that are none. */
#include "abi_fixture.h"

static void assert_topic(struct abi_fixture *f, const struct abi_param *param, const json_t *value,
                         const char *wanted) {
    char text[HASH32_TEXT_BYTES];
    hash32 topic;
    enum err err = abi_encode_topic(&topic, f->problem, param, value);
    if (err != ERR_OK) fail_msg("%s", f->problem);
    assert_string_equal(hash32_format(text, &topic), wanted);
}

static void test_values_of_viem_and_contracts(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    vectors_open(&v, "abi_topics.tsv");
    while (vectors_next(&v, 3)) {
        json_t *value = abi_fixture_json(v.fields[1]);
        assert_topic(f, &abi_fixture_params(f, v.fields[0])->list[0], value, v.fields[2]);
        json_decref(value);
    }
    vectors_close(&v, 400);
}

/* An event's indexed arguments are searched by the topics that its logs have. */
static void test_events_of_viem(void **state) {
    struct abi_fixture *f = *state;
    struct vectors v;
    size_t n_checked = 0;
    vectors_open(&v, "abi_events.tsv");
    while (vectors_next(&v, 5)) {
        const struct abi_item *event = abi_fixture_item(f, v.fields[0]);
        json_t *values = abi_fixture_json(v.fields[1]);
        const char *topics = v.fields[2] + (event->anonymous ? 0 : HASH32_TEXT_BYTES);
        for (size_t i = 0, n = 0; i < event->inputs.n; i++) {
            char topic[HASH32_TEXT_BYTES] = "";
            if (!event->inputs.list[i].indexed) continue;
            memcpy(topic, topics + n * HASH32_TEXT_BYTES, sizeof topic - 1);
            const json_t *value = json_array_get(values, n++);
            if (json_is_null(value)) continue;
            assert_topic(f, &event->inputs.list[i], value, topic);
            n_checked++;
        }
        json_decref(values);
    }
    vectors_close(&v, 500);
    assert_true(n_checked > 200);
}

static void test_values_of_no_such_type(void **state) {
    static const struct {
        const char *type, *json, *problem;
    } cases[] = {
        {"uint8 a", "256", "a must be uint8: "},
        {"uint8", "256", "argument must be uint8: "},
        {"bytes a", "\"0x1\"", "a must be bytes: "},
        {"string a", "5", "a must be string: "},
        {"bytes[] a", "[\"0x1\"]", "a[0] must be bytes: "},
        {"uint8[2] a", "[1]", "a must be a list of 2, not of 1"},
        {"(uint8 b, string c) a", "{\"b\":1}", "a.c is missing"},
        {"(uint8 b, string c)[] a", "[{\"b\":1,\"c\":false}]", "a[0].c must be string: "},
    };
    struct abi_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hash32 topic;
        json_t *value = abi_fixture_json(cases[i].json);
        const struct abi_param *param = &abi_fixture_params(f, cases[i].type)->list[0];
        assert_int_equal(abi_encode_topic(&topic, f->problem, param, value), ERR_INVALID_ARGUMENT);
        if (strncmp(f->problem, cases[i].problem, strlen(cases[i].problem)) != 0) fail_msg("%s", f->problem);
        json_decref(value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        abi_test(test_values_of_viem_and_contracts),
        abi_test(test_events_of_viem),
        abi_test(test_values_of_no_such_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
