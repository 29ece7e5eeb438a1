/* Tests eth/typed_data with the standard's Mail, with what viem hashes, and with what is none. */
#include "../vectors.h"

#include "eth/typed_data.h"

enum { ARENA_BYTES = 8 * 1024 * 1024 };

/* Returns the hash as text, or "-" when it is refused, which is ERR_INVALID_JSON and says why. */
static const char *hash_of(char problem[TYPED_DATA_PROBLEM_BYTES], const char *json, size_t len) {
    static char text[HASH32_TEXT_BYTES];
    hash32 hash;
    struct arena *arena = arena_new(ARENA_BYTES);
    char *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, json, len);
    memset(problem, 'x', TYPED_DATA_PROBLEM_BYTES);
    enum err err = typed_data_hash(&hash, problem, arena, exact, len);
    free(exact);
    arena_free(arena);
    if (err == ERR_OK) return hash32_format(text, &hash);
    assert_int_equal(err, ERR_INVALID_JSON);
    assert_in_range(strnlen(problem, TYPED_DATA_PROBLEM_BYTES), 10, TYPED_DATA_PROBLEM_BYTES - 2); /* none is cut */
    return "-";
}

static void test_published_and_by_viem(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "typed_data.tsv");
    while (vectors_next(&v, 2)) {
        char problem[TYPED_DATA_PROBLEM_BYTES];
        const char *hash = hash_of(problem, v.fields[0], strlen(v.fields[0]));
        if (strcmp(hash, "-") == 0) fail_msg("%s: %s", problem, v.fields[0]);
        assert_string_equal(hash, v.fields[1]);
    }
    vectors_close(&v, 600);
}

static void test_values(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "typed_values.tsv");
    while (vectors_next(&v, 3)) {
        char json[2048], problem[TYPED_DATA_PROBLEM_BYTES];
        int len = snprintf(json, sizeof json,
                           "{\"types\":{\"EIP712Domain\":[],\"One\":[{\"name\":\"x\",\"type\":\"%s\"}]},"
                           "\"primaryType\":\"One\",\"domain\":{},\"message\":{\"x\":%s}}",
                           v.fields[0], v.fields[1]);
        const char *hash = hash_of(problem, json, (size_t)len);
        if (strcmp(hash, v.fields[2]) != 0) fail_msg("%s %s: %s", v.fields[0], v.fields[1], hash);
    }
    vectors_close(&v, 230);
}

static void test_what_is_refused(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "typed_data_refused.tsv");
    while (vectors_next(&v, 3)) {
        char problem[TYPED_DATA_PROBLEM_BYTES];
        if (strcmp(hash_of(problem, v.fields[1], strlen(v.fields[1])), "-") != 0) fail_msg("%s was taken", v.fields[0]);
        if (strstr(problem, v.fields[2]) == NULL) fail_msg("%s: %s", v.fields[0], problem);
    }
    vectors_close(&v, 130);
}

#define DOMAIN_TYPE "\"EIP712Domain\":[]"
#define REST "\"primaryType\":\"A\",\"domain\":{},\"message\":{}}"

/* jansson passes over a NUL behind a word or a number. */
static void test_nul_is_no_json(void **state) {
    (void)state;
    const char text[] = "{\"types\":{" DOMAIN_TYPE ",\"A\":[]},\"x\":1 ," REST;
    char json[sizeof text], problem[TYPED_DATA_PROBLEM_BYTES];
    memcpy(json, text, sizeof text);
    assert_string_not_equal(hash_of(problem, json, sizeof text - 1), "-");
    *strstr(json, " ,") = '\0';
    assert_string_equal(hash_of(problem, json, sizeof text - 1), "-");
}

/* Returns typed data of exactly len bytes; the caller frees it. */
static char *padded(size_t len) {
    const char head[] = "{\"types\":{" DOMAIN_TYPE ",\"A\":[]},\"x\":\"", tail[] = "\"," REST;
    char *json = malloc(len);
    memset(json, 'x', len);
    memcpy(json, head, sizeof head - 1);
    memcpy(json + len - (sizeof tail - 1), tail, sizeof tail - 1);
    return json;
}

static void test_bounded_size(void **state) {
    (void)state;
    char problem[TYPED_DATA_PROBLEM_BYTES], *most = padded(TYPED_DATA_MAX_BYTES),
                                            *more = padded(TYPED_DATA_MAX_BYTES + 1);
    assert_string_not_equal(hash_of(problem, most, TYPED_DATA_MAX_BYTES), "-");
    assert_string_equal(hash_of(problem, more, TYPED_DATA_MAX_BYTES + 1), "-");
    free(most);
    free(more);
}

static void test_arena_cap(void **state) {
    (void)state;
    const char json[] = "{\"types\":{" DOMAIN_TYPE ",\"A\":[{\"name\":\"a\",\"type\":\"A[]\"}]}," REST;
    char problem[TYPED_DATA_PROBLEM_BYTES];
    for (size_t cap = 0; cap < 256; cap += 8) {
        struct arena *arena = arena_new(cap);
        hash32 hash;
        enum err err = typed_data_hash(&hash, problem, arena, json, sizeof json - 1);
        assert_int_equal(err, ERR_OVERLOADED);
        arena_free(arena);
    }
}

/* Returns a list of nodes in nodes, that many, the innermost of which is on: true, or whatever else is given. */
static char *nested(size_t *len, int levels, const char *on) {
    char *json = NULL;
    FILE *out = open_memstream(&json, len);
    fputs("{\"types\":{" DOMAIN_TYPE ",\"Node\":[", out);
    fputs("{\"name\":\"children\",\"type\":\"Node[]\"},{\"name\":\"on\",\"type\":\"bool\"}]},", out);
    fputs("\"primaryType\":\"Node\",\"domain\":{},\"message\":", out);
    for (int i = 1; i < levels; i++) fputs("{\"on\":true,\"children\":[", out);
    fprintf(out, "{\"on\":%s,\"children\":[", on);
    for (int i = 0; i < levels; i++) fputs("]}", out);
    fputs("}", out);
    fclose(out);
    return json;
}

/* A node has two levels and the data itself one, of the 64 that there may be. */
static void test_depth(void **state) {
    (void)state;
    char problem[TYPED_DATA_PROBLEM_BYTES];
    size_t len;
    char *deepest = nested(&len, 31, "true");
    assert_string_not_equal(hash_of(problem, deepest, len), "-");
    char *deeper = nested(&len, 32, "true");
    assert_string_equal(hash_of(problem, deeper, len), "-");
    assert_string_equal(problem, "the typed data is nested too deeply");
    char *wrong = nested(&len, 31, "null"); /* the place is too long to be told whole */
    assert_string_equal(hash_of(problem, wrong, len), "-");
    assert_string_equal(problem, "message.children[0].children[0].children[0].children... must be bool: true or false");
    free(deepest);
    free(deeper);
    free(wrong);
}

static void test_long_place(void **state) {
    (void)state;
    const char whole[] = "message.a23456789_b23456789_c23456789_d23456789_e234567 must be ";
    const char cut[] = "message.a23456789_b23456789_c23456789_d23456789_e234... must be ";
    for (int longer = 0; longer < 2; longer++) {
        char name[64], json[512], problem[TYPED_DATA_PROBLEM_BYTES];
        snprintf(name, sizeof name, "a23456789_b23456789_c23456789_d23456789_e234567%s", longer ? "8" : "");
        int len = snprintf(json, sizeof json,
                           "{\"types\":{" DOMAIN_TYPE ",\"A\":[{\"name\":\"%s\",\"type\":\"bool\"}]}," REST, name);
        assert_string_equal(hash_of(problem, json, (size_t)len), "-");
        assert_memory_equal(problem, longer ? cut : whole, sizeof cut - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_and_by_viem),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_nul_is_no_json),
        cmocka_unit_test(test_bounded_size),
        cmocka_unit_test(test_arena_cap),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_long_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
