/* Tests eth/abi_read with what viem makes of signatures, of what solc made of real contracts, with what is no ABI, and
 * with ABIs that were made to cost time or memory. */
#include "../vectors.h"

#include <jansson.h>

#include "eth/abi_read.h"

enum { ARENA_BYTES = 32 * 1024 * 1024, TEXT_MAX = 4 * 1024 * 1024 };

/* Reads from memory of exactly that size. On refusal problem is a whole sentence. */
static enum err read_exact(const struct abi **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES],
                           const char *text, size_t len) {
    char *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, text, len);
    memset(problem, 'x', ABI_PROBLEM_BYTES);
    enum err err = abi_read_text(out, arena, problem, exact, len);
    free(exact);
    if (err != ERR_OK) assert_in_range(strnlen(problem, ABI_PROBLEM_BYTES), 10, ABI_PROBLEM_BYTES - 2);
    return err;
}

static void put_heads(struct buf *out, const struct abi_params *params) {
    for (size_t i = 0; i < params->n; i++) {
        const struct abi_type *type = &params->list[i].type;
        buf_printf(out, "%s%zu%s", i > 0 ? " " : "", type->head_bytes, type->dynamic ? "d" : "");
    }
}

/* An item as the vectors have it. */
static void put_item(struct buf *out, const struct abi_item *item) {
    static const hash32 none;
    size_t shown = item->kind == ABI_ITEM_EVENT ? sizeof item->hash : 4;
    if (item->kind == ABI_ITEM_CONSTRUCTOR) assert_true(hash32_equal(&item->hash, &none));
    if (out->len > 0) buf_append_char(out, ';');
    abi_write_signature(out, item);
    buf_printf(out, ";%s;%s", item->signature, item->kind == ABI_ITEM_CONSTRUCTOR ? "-" : "0x");
    for (size_t i = 0; i < shown && item->kind != ABI_ITEM_CONSTRUCTOR; i++)
        buf_printf(out, "%02x", item->hash.bytes[i]);
    buf_append_char(out, ';');
    put_heads(out, &item->inputs);
    buf_append_char(out, '|');
    put_heads(out, &item->outputs);
}

static void check(const char *json, const char *expected) {
    char problem[ABI_PROBLEM_BYTES];
    const struct abi *abi;
    struct buf text;
    struct arena *arena = arena_new(ARENA_BYTES);
    if (read_exact(&abi, arena, problem, json, strlen(json)) != ERR_OK) fail_msg("%s: %s", problem, json);
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < abi->n_items; i++) put_item(&text, &abi->items[i]);
    buf_append_char(&text, '\0');
    assert_false(text.failed);
    assert_string_equal(text.data, expected);
    buf_free(&text);
    arena_free(arena);
}

static void test_as_viem_reads(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_read.tsv");
    while (vectors_next(&v, 2)) check(v.fields[0], v.fields[1]);
    vectors_close(&v, 530);
}

static void test_contracts(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_contracts.tsv");
    while (vectors_next(&v, 3)) check(v.fields[1], v.fields[2]);
    vectors_close(&v, 17);
}

static void test_refused(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_refused.tsv");
    while (vectors_next(&v, 2)) {
        char problem[ABI_PROBLEM_BYTES];
        const struct abi *abi;
        struct arena *arena = arena_new(ARENA_BYTES);
        enum err err = read_exact(&abi, arena, problem, v.fields[1], strlen(v.fields[1]));
        if (err != ERR_INVALID_ABI) fail_msg("%d: %s", (int)err, v.fields[1]);
        if (strstr(problem, v.fields[0]) == NULL) fail_msg("%s: %s", problem, v.fields[1]);
        arena_free(arena);
    }
    vectors_close(&v, 185);
}

/* What is written is read as the same, and one signature by itself is the item that it is among others. */
static void test_written_again(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_contracts.tsv");
    while (vectors_next(&v, 3)) {
        char problem[ABI_PROBLEM_BYTES];
        const struct abi *abi;
        struct arena *arena = arena_new(ARENA_BYTES);
        assert_int_equal(abi_read_text(&abi, arena, problem, v.fields[1], strlen(v.fields[1])), ERR_OK);
        for (size_t i = 0; i < abi->n_items; i++) {
            const struct abi_item *again;
            struct buf once, twice;
            buf_init(&once, TEXT_MAX);
            buf_init(&twice, TEXT_MAX);
            abi_write_signature(&once, &abi->items[i]);
            if (abi_read_signature(&again, arena, problem, once.data, once.len) != ERR_OK) fail_msg("%s", problem);
            abi_write_signature(&twice, again);
            assert_int_equal(once.len, twice.len);
            assert_memory_equal(once.data, twice.data, once.len);
            assert_string_equal(again->signature, abi->items[i].signature);
            assert_int_equal(again->kind, abi->items[i].kind);
            buf_free(&once);
            buf_free(&twice);
        }
        arena_free(arena);
    }
    vectors_close(&v, 17);
}

static void test_signature_alone(void **state) {
    (void)state;
    static const struct {
        const char *text, *problem;
    } refused[] = {
        {"fallback() external", "must be that of a function"}, {"receive() external payable", "must be that of"},
        {"struct A { bool a; }", "must be that of"},           {"function f(A a)", "f: \"A\" is no type"},
        {"f(bool)", "\"f(bool)\" does not begin with"},        {"", "\"\" does not begin with"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char problem[ABI_PROBLEM_BYTES];
        const struct abi_item *item;
        struct arena *arena = arena_new(ARENA_BYTES);
        enum err err = abi_read_signature(&item, arena, problem, refused[i].text, strlen(refused[i].text));
        assert_int_equal(err, ERR_INVALID_ABI);
        if (strstr(problem, refused[i].problem) == NULL) fail_msg("%s: %s", refused[i].text, problem);
        arena_free(arena);
    }
}

static void test_derived(void **state) {
    (void)state;
    static const char text[] = "function f(uint8 a, int16[2][] a, (bytes4 x, function y)[3] b) returns (bool ok, byte)";
    char problem[ABI_PROBLEM_BYTES];
    const struct abi_item *item;
    struct arena *arena = arena_new(ARENA_BYTES);
    assert_int_equal(abi_read_signature(&item, arena, problem, text, sizeof text - 1), ERR_OK);
    const struct abi_param *in = item->inputs.list, *out = item->outputs.list;
    assert_false(item->inputs.named);  /* two are called a */
    assert_false(item->outputs.named); /* one has no name */
    assert_int_equal(in[0].type.kind, ABI_UINT);
    assert_int_equal(in[0].type.size, 8);
    assert_int_equal(in[0].type.depth, 0);
    assert_int_equal(in[1].type.length, ABI_ANY_LENGTH);
    assert_int_equal(in[1].type.item->length, 2);
    assert_int_equal(in[1].type.item->item->kind, ABI_INT);
    assert_int_equal(in[1].type.depth, 2);
    const struct abi_type *tuple = in[2].type.item;
    assert_int_equal(in[2].type.length, 3);
    assert_int_equal(in[2].type.head_bytes, 192);
    assert_int_equal(tuple->kind, ABI_TUPLE);
    assert_true(tuple->components.named);
    assert_int_equal(tuple->components.list[1].type.kind, ABI_FIXED_BYTES);
    assert_int_equal(tuple->components.list[1].type.size, 24);
    assert_string_equal(tuple->components.list[1].name, "y");
    assert_int_equal(out[1].type.kind, ABI_FIXED_BYTES);
    assert_int_equal(out[1].type.size, 1);
    assert_string_equal(out[1].name, "");
    arena_free(arena);
}

static void test_no_parameters(void **state) {
    (void)state;
    char problem[ABI_PROBLEM_BYTES];
    const struct abi_item *item;
    struct arena *arena = arena_new(ARENA_BYTES);
    assert_int_equal(abi_read_signature(&item, arena, problem, "error E()", 9), ERR_OK);
    assert_int_equal(item->inputs.n + item->outputs.n, 0);
    assert_false(item->inputs.named);
    arena_free(arena);
}

/* Text made of a head, so many middles and tails, and an end; %d in them is the number of each. */
static char *repeated(size_t *len, const char *head, size_t n, const char *middle, const char *tail, const char *end) {
    char *text;
    FILE *out = open_memstream(&text, len);
    fputs(head, out);
    for (size_t part = 0; part < 2; part++) {
        for (size_t i = 0; i < n; i++) {
            for (const char *p = part == 0 ? middle : tail; *p != '\0'; p++) {
                if (*p == '#') fprintf(out, "%zu", i);
                if (*p == '@') fprintf(out, "%zu", i + 1);
                if (*p != '#' && *p != '@') fputc(*p, out);
            }
        }
    }
    fputs(end, out);
    fclose(out);
    return text;
}

/* What was made to cost much ends with a sentence, and takes no more memory than its text would explain. */
static void test_made_to_cost(void **state) {
    (void)state;
    static const struct {
        const char *head;
        size_t n;
        const char *middle, *tail, *end, *problem;
    } costly[] = {
        {"[\"function f(", 1000, "(", "uint8)", ")\"]", "tuples are nested more than 12 deep"},
        {"[\"function f(", 100000, "(", ")", ")\"]", "tuples are nested more than 12 deep"},
        {"[\"function f(bool", 100000, "[]", "", ")\"]", "nested more than 12 deep"},
        {"[\"function f(bool", 100000, "[", "", ")\"]", "has no ]"},
        {"[\"function f(bool", 1, "[18446744073709551616]", "", ")\"]", "may be 1 to 32768"},
        {"[\"function f(bool", 12, "[99999]", "", ")\"]", "may be 1 to 32768"},
        {"[{\"name\":\"f\",\"inputs\":[", 20, "{\"type\":\"tuple\",\"components\":[", "]}", "]}]", "tuples are nested"},
        {"[", 1000, "[", "]", "]", "nested more than 64 deep"},
        {"[0", 300000, ",0", "", "]", "300001 items; at most 4096"},
        {"[\"function f()\"", 4096, ",{}", "", "]", "4097 items; at most 4096"},
        {"[\"function f(", 100000, "bool,", "", "bool)\"]", "100001 parameters"},
        {"[\"struct S0 { bool a; }\"", 12, ",\"struct S@ { S# a; S# b; }\"", "", "]", "more than 12 deep"},
        {"[\"struct S12 { bool a; }\"", 12, ",\"struct S# { S@[] a; }\"", "", "]", "more than 12 deep"},
        {"[\"struct S4000 { bool a; }\"", 4000, ",\"struct S# { S@ a; }\"", "", "]", "more than 12 deep"},
        {"[\"struct S0 { string a; }\"", 11, ",\"struct S@ { S# a; S# b; S# c; S# d; S# e; }\"", "", "]",
         "65536 types"},
        {"[\"struct S0 { S4000 a; }\"", 4000, ",\"struct S@ { bool b; S# a; }\"", "", "]", "more than 12 deep"},
        {"[\"struct S0 { S3 a; }\"", 3, ",\"struct S@ { S# a; }\"", "", "]", "the struct contains itself"},
        {"[\"struct A { bool[99][9] a; }\",\"function f(", 200, "A[2],", "", "A)\"]", "bytes in place"},
        {"[\"function f()\"", 900, ",\"function f#((bool,(bool,bool[])[],(bool,bool,bool,bool,bool,bool,bool)) a)\"",
         "", "]", NULL},
    };
    for (size_t i = 0; i < sizeof costly / sizeof costly[0]; i++) {
        char problem[ABI_PROBLEM_BYTES];
        const struct abi *abi;
        size_t len;
        char *text = repeated(&len, costly[i].head, costly[i].n, costly[i].middle, costly[i].tail, costly[i].end);
        struct arena *arena = arena_new(ARENA_BYTES);
        enum err err = read_exact(&abi, arena, problem, text, len);
        if (err != (costly[i].problem == NULL ? ERR_OK : ERR_INVALID_ABI)) fail_msg("%zu: %s", i, problem);
        if (err != ERR_OK && strstr(problem, costly[i].problem) == NULL) fail_msg("%zu: %s", i, problem);
        assert_in_range(arena_used(arena), 0, 65536 + 400 * len);
        arena_free(arena);
        free(text);
    }
}

/* A name of a million bytes, and of ten. */
static void test_long_names(void **state) {
    (void)state;
    static const struct {
        size_t len;
        const char *problem;
    } names[] = {
        {1000000, "abi[0]: function has a name of 1000000 bytes; at most 255 are taken"},
        {10000000, "the ABI has 10000013 bytes; at most 1048576 are taken"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        static const char head[] = "[{\"name\":\"", tail[] = "\"}]";
        char problem[ABI_PROBLEM_BYTES], *text = malloc(names[i].len + sizeof head + sizeof tail);
        const struct abi *abi;
        struct arena *arena = arena_new(ARENA_BYTES);
        memcpy(text, head, sizeof head - 1);
        memset(text + sizeof head - 1, 'n', names[i].len);
        memcpy(text + sizeof head - 1 + names[i].len, tail, sizeof tail - 1);
        const size_t len = names[i].len + sizeof head - 1 + sizeof tail - 1;
        assert_int_equal(abi_read_text(&abi, arena, problem, text, len), ERR_INVALID_ABI);
        assert_string_equal(problem, names[i].problem);
        assert_in_range(arena_used(arena), 0, 65536);
        arena_free(arena);
        free(text);
    }
}

/* jansson passes over a NUL behind a word or a number. */
static void test_nul_is_no_json(void **state) {
    (void)state;
    char text[] = "[{\"name\":\"f\",\"x\":1 }]", problem[ABI_PROBLEM_BYTES];
    const struct abi *abi;
    struct arena *arena = arena_new(ARENA_BYTES);
    assert_int_equal(read_exact(&abi, arena, problem, text, sizeof text - 1), ERR_OK);
    *strstr(text, " }") = '\0';
    assert_int_equal(read_exact(&abi, arena, problem, text, sizeof text - 1), ERR_INVALID_ABI);
    assert_string_equal(problem, "the ABI is no JSON");
    arena_free(arena);
}

/* A bound on the whole: 4096 functions of 200 parameters. */
static void test_too_many_types(void **state) {
    (void)state;
    char problem[ABI_PROBLEM_BYTES];
    const struct abi *abi;
    struct arena *arena = arena_new(ARENA_BYTES);
    json_t *json = json_array(), *item = json_object(), *inputs = json_array();
    for (int i = 0; i < 200; i++) json_array_append_new(inputs, json_pack("{s:s}", "type", "bool"));
    json_object_set_new(item, "name", json_string("f"));
    json_object_set_new(item, "inputs", inputs);
    for (int i = 0; i < ABI_MAX_ITEMS; i++) json_array_append(json, item);
    assert_int_equal(abi_read(&abi, arena, problem, json), ERR_INVALID_ABI);
    assert_string_equal(problem, "abi[327] (f): the ABI has more than 65536 types");
    json_decref(item);
    json_decref(json);
    arena_free(arena);
}

static void test_long_signature(void **state) {
    (void)state;
    char problem[ABI_PROBLEM_BYTES];
    const struct abi *abi;
    size_t len;
    char *text = repeated(&len, "[\"struct A { bytes32 a", 200, "; bytes32 b#", "",
                          "}\",\"function f(A,A,A,A,A,A,A,A,A,A,A)\"]");
    struct arena *arena = arena_new(ARENA_BYTES);
    assert_int_equal(read_exact(&abi, arena, problem, text, len), ERR_INVALID_ABI);
    assert_string_equal(problem, "abi[1] (f): its signature is longer than 16384 bytes");
    free(text);
    arena_free(arena);
}

static void test_arena_cap(void **state) {
    (void)state;
    static const char text[] = "[\"struct S { bool a; }\",\"function f(S[] s, (bool x) y)\",{\"type\":\"event\","
                               "\"name\":\"E\",\"inputs\":[{\"name\":\"a\",\"type\":\"tuple[2]\","
                               "\"components\":[{\"name\":\"b\",\"type\":\"bool\"}]}]}]";
    enum err err = ERR_OVERLOADED;
    for (size_t cap = 0; err != ERR_OK; cap += 8) {
        char problem[ABI_PROBLEM_BYTES];
        const struct abi *abi;
        struct arena *arena = arena_new(cap);
        assert_in_range(cap, 0, 65536);
        err = read_exact(&abi, arena, problem, text, sizeof text - 1);
        if (err != ERR_OK) assert_int_equal(err, ERR_OVERLOADED);
        if (err != ERR_OK) assert_non_null(strstr(problem, "the ABI needs too much memory"));
        arena_free(arena);
    }
}

/* What is quoted of an ABI is cut, and has nothing in it that a terminal or a log would obey. */
static void test_quoted(void **state) {
    (void)state;
    static const char text[] = "[\"function f(\\u001b[31m\\u0000\xc3\xa9\\n)\"]";
    char problem[ABI_PROBLEM_BYTES];
    const struct abi *abi;
    struct arena *arena = arena_new(ARENA_BYTES);
    assert_int_equal(read_exact(&abi, arena, problem, text, sizeof text - 1), ERR_INVALID_ABI);
    for (const char *p = problem; *p != '\0'; p++) assert_in_range(*p, ' ', '~');
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_viem_reads),   cmocka_unit_test(test_contracts),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_written_again),
        cmocka_unit_test(test_signature_alone), cmocka_unit_test(test_derived),

        cmocka_unit_test(test_no_parameters),   cmocka_unit_test(test_made_to_cost),
        cmocka_unit_test(test_too_many_types),  cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_nul_is_no_json),  cmocka_unit_test(test_long_signature),
        cmocka_unit_test(test_arena_cap),       cmocka_unit_test(test_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
