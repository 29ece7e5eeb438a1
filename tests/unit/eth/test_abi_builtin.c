/* Tests eth/abi_builtin: the table made of abi/ has what the standards have, says of each item what reading the same
 * text says, and its headers have the same hashes. */
#include "../vectors.h"

#include "abi/erc1155.h"
#include "abi/erc20.h"
#include "abi/erc721.h"
#include "abi/multicall3.h"
#include "abi/solidity.h"
#include "abi/weth.h"
#include "eth/abi_builtin.h"
#include "eth/abi_read.h"

enum { TEXT_MAX = 65536, ARENA_BYTES = 1 << 20 };

static enum abi_item_kind kind_named(const char *name) {
    if (strcmp(name, "function") == 0) return ABI_ITEM_FUNCTION;
    return strcmp(name, "event") == 0 ? ABI_ITEM_EVENT : ABI_ITEM_ERROR;
}

static void assert_hash(const struct abi_item *item, const char *hex) {
    size_t n;
    uint8_t *expected = vectors_bytes(&n, hex);
    assert_int_equal(n, item->kind == ABI_ITEM_EVENT ? 32 : 4);
    assert_memory_equal(item->hash.bytes, expected, n);
    free(expected);
}

static bool reads(const struct abi_item *item, const char *readable) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    abi_write_signature(&text, item);
    bool same = text.len == strlen(readable) && memcmp(text.data, readable, text.len) == 0;
    buf_free(&text);
    return same;
}

static void test_has_the_standards(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_builtin.tsv");
    while (vectors_next(&v, 3)) {
        size_t i = 0;
        while (i < abi_builtin.n_items && !reads(&abi_builtin.items[i], v.fields[1])) i++;
        if (i == abi_builtin.n_items) fail_msg("%s is missing", v.fields[1]);
        assert_int_equal(abi_builtin.items[i].kind, kind_named(v.fields[0]));
        assert_hash(&abi_builtin.items[i], v.fields[2]);
    }
    vectors_close(&v, 77);
}

static void test_has_what_viem_has(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "abi_builtin_signatures.tsv");
    while (vectors_next(&v, 3)) {
        const enum abi_item_kind kind = kind_named(v.fields[0]);
        const struct abi_item *item = abi_next_named(&abi_builtin, kind, v.fields[1], strlen(v.fields[1]), NULL);
        if (item == NULL) fail_msg("%s is missing", v.fields[1]);
        assert_hash(item, v.fields[2]);
    }
    vectors_close(&v, 38);
}

static void assert_same_params(const struct abi_params *a, const struct abi_params *b);

static void assert_same_type(const struct abi_type *a, const struct abi_type *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->is_function, b->is_function);
    assert_int_equal(a->dynamic, b->dynamic);
    assert_int_equal(a->depth, b->depth);
    assert_int_equal(a->head_bytes, b->head_bytes);
    if (a->kind == ABI_ARRAY) assert_same_type(a->item, b->item);
    assert_same_params(&a->components, &b->components);
}

static void assert_same_params(const struct abi_params *a, const struct abi_params *b) {
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->named, b->named);
    for (size_t i = 0; i < a->n; i++) {
        assert_string_equal(a->list[i].name, b->list[i].name);
        assert_int_equal(a->list[i].indexed, b->list[i].indexed);
        assert_same_type(&a->list[i].type, &b->list[i].type);
    }
}

static void test_as_it_is_read(void **state) {
    (void)state;
    for (size_t i = 0; i < abi_builtin.n_items; i++) {
        char problem[ABI_PROBLEM_BYTES];
        const struct abi_item *item = &abi_builtin.items[i], *again;
        struct buf text;
        struct arena *arena = arena_new(ARENA_BYTES);
        buf_init(&text, TEXT_MAX);
        abi_write_signature(&text, item);
        if (abi_read_signature(&again, arena, problem, text.data, text.len) != ERR_OK) fail_msg("%s", problem);
        assert_int_equal(item->kind, again->kind);
        assert_string_equal(item->name, again->name);
        assert_string_equal(item->signature, again->signature);
        assert_memory_equal(&item->hash, &again->hash, sizeof item->hash);
        assert_int_equal(item->mutability, again->mutability);
        assert_int_equal(item->anonymous, again->anonymous);
        assert_same_params(&item->inputs, &again->inputs);
        assert_same_params(&item->outputs, &again->outputs);
        buf_free(&text);
        arena_free(arena);
    }
    assert_true(abi_builtin.n_items >= 90);
}

/* One topic, two standards: what is indexed tells which. */
static void test_transfers_of_both(void **state) {
    (void)state;
    const hash32 topics[4] = {erc20_transfer_event_topic};
    assert_string_equal(abi_find_event(&abi_builtin, topics, 3)->inputs.list[2].name, "value");
    assert_string_equal(abi_find_event(&abi_builtin, topics, 4)->inputs.list[2].name, "tokenId");
    assert_null(abi_find_event(&abi_builtin, topics, 2));
}

static void test_headers(void **state) {
    (void)state;
    static const struct {
        enum abi_item_kind kind;
        const char *signature;
        const uint8_t *hash;
    } made[] = {
        {ABI_ITEM_FUNCTION, ERC20_TRANSFER_SIGNATURE, erc20_transfer_selector},
        {ABI_ITEM_EVENT, ERC20_APPROVAL_EVENT_SIGNATURE, erc20_approval_event_topic.bytes},
        {ABI_ITEM_FUNCTION, ERC721_SAFE_TRANSFER_FROM_2_SIGNATURE, erc721_safe_transfer_from_2_selector},
        {ABI_ITEM_ERROR, ERC721_ERC721_INVALID_OWNER_ERROR_SIGNATURE, erc721_erc721_invalid_owner_error_selector},
        {ABI_ITEM_EVENT, ERC1155_URI_EVENT_SIGNATURE, erc1155_uri_event_topic.bytes},
        {ABI_ITEM_FUNCTION, WETH_DEPOSIT_SIGNATURE, weth_deposit_selector},
        {ABI_ITEM_EVENT, WETH_DEPOSIT_EVENT_SIGNATURE, weth_deposit_event_topic.bytes},
        {ABI_ITEM_FUNCTION, MULTICALL3_AGGREGATE3_SIGNATURE, multicall3_aggregate3_selector},
        {ABI_ITEM_ERROR, SOLIDITY_PANIC_ERROR_SIGNATURE, solidity_panic_error_selector},
    };
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        const char *signature = made[i].signature;
        const struct abi_item *item = abi_next_named(&abi_builtin, made[i].kind, signature, strlen(signature), NULL);
        assert_non_null(item);
        assert_memory_equal(item->hash.bytes, made[i].hash, made[i].kind == ABI_ITEM_EVENT ? 32 : 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_has_the_standards), cmocka_unit_test(test_has_what_viem_has),
        cmocka_unit_test(test_as_it_is_read),     cmocka_unit_test(test_transfers_of_both),
        cmocka_unit_test(test_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
