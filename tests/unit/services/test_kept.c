/* Keys and values of what is kept: no two questions share a key, no value answers at a block that is not its own.
 * Each test makes and ends its fake chain.
 * Runs on one thread. */
#include "services/fake_chain.h"

#include "services/kept.h"

static struct block_ref block_of(uint8_t byte, bool head) {
    struct block_ref block = {.number = 7, .head = head};
    memset(block.hash.bytes, byte, sizeof block.hash.bytes);
    return block;
}

struct wanted {
    uint64_t chain_id;
    uint8_t question;
    uint8_t block; /* 0: the head */
    uint8_t addresses[3];
    size_t n_addresses;
};

static void make_key(struct kept_key *key, const struct wanted *wanted) {
    const struct source source = {.chain = &fake.chain, .cache = fake.cache};
    struct block_ref block = block_of(wanted->block, wanted->block == 0);
    fake.chain.id = wanted->chain_id;
    memset(key, 0x5a, sizeof *key);
    kept_key_begin(key, &source, &block, wanted->question);
    for (size_t i = 0; i < wanted->n_addresses; i++) {
        address a = fake_address(wanted->addresses[i]);
        kept_key_add(key, &a);
    }
}

static void test_no_two_questions_share_a_key(void **state) {
    (void)state;
    static const struct wanted different[] = {
        {1, 0, 0, {1}, 1},       {1, 1, 0, {1}, 1},          {1, 0, 0, {2}, 1},         {1, 0, 1, {1}, 1},
        {1, 0, 2, {1}, 1},       {1, 0, 0, {1, 2}, 2},       {1, 0, 0, {2, 1}, 2},      {1, 0, 1, {1, 2}, 2},
        {1, 0, 0, {1, 2, 3}, 3}, {0, 0, 0, {1}, 1},          {256, 0, 0, {1}, 1},       {257, 0, 0, {1}, 1},
        {513, 0, 0, {1}, 1},     {UINT64_MAX, 0, 0, {1}, 1}, {UINT64_MAX, 0, 1, {1}, 1}};
    enum { N = sizeof different / sizeof *different };
    struct kept_key keys[N], again;
    fake_begin(NULL, 0);
    for (size_t i = 0; i < N; i++) {
        make_key(&keys[i], &different[i]);
        make_key(&again, &different[i]);
        assert_int_equal(again.len, keys[i].len);
        assert_memory_equal(again.bytes, keys[i].bytes, again.len);
        for (size_t j = 0; j < i; j++) {
            if (keys[i].len != keys[j].len) continue;
            assert_memory_not_equal(keys[i].bytes, keys[j].bytes, keys[i].len);
        }
    }
    fake_end();
}

/* So that the next head's value takes the place of the last one's. */
static void test_the_head_is_not_in_the_key(void **state) {
    (void)state;
    struct kept_key keys[2];
    fake_begin(NULL, 0);
    const struct source source = {.chain = &fake.chain, .cache = fake.cache};
    for (uint8_t i = 0; i < 2; i++) {
        struct block_ref head = block_of(i, true);
        kept_key_begin(&keys[i], &source, &head, 1);
    }
    assert_int_equal(keys[0].len, keys[1].len);
    assert_memory_equal(keys[0].bytes, keys[1].bytes, keys[0].len);
    fake_end();
}

static void test_a_value_is_true_at_its_block(void **state) {
    (void)state;
    struct block_ref head = block_of(3, true), other = block_of(3, true), named = block_of(3, false);
    struct kept_value value;
    kept_value_begin(&value, &head);
    kept_value_add(&value, "content", 7);
    assert_int_equal(value.len, kept_content_at(&head) + 7);
    assert_memory_equal(value.bytes + kept_content_at(&head), "content", 7);
    assert_true(kept_is_true_at(&head, value.bytes, value.len));
    for (size_t i = 0; i < sizeof other.hash.bytes; i++) { /* all of the hash counts */
        other.hash.bytes[i] ^= 1;
        assert_false(kept_is_true_at(&other, value.bytes, value.len));
        other.hash.bytes[i] ^= 1;
    }
    assert_false(kept_is_true_at(&head, value.bytes, sizeof head.hash.bytes - 1));
    kept_value_begin(&value, &named);
    kept_value_add(&value, "content", 7);
    assert_int_equal(value.len, 7); /* its hash is in the key */
    assert_true(kept_is_true_at(&named, value.bytes, value.len));
}

static void test_who_was_pinned_to_an_older_head_is_late(void **state) {
    (void)state;
    fake_begin(NULL, 0);
    const struct source source = {.chain = &fake.chain, .cache = fake.cache};
    struct block_ref head = fake_block(100), named = fake_block(99);
    assert_false(kept_is_late(&source, &head));
    assert_false(kept_is_late(&source, &named));
    fake.head = 101;
    assert_true(kept_is_late(&source, &head));
    assert_false(kept_is_late(&source, &named));
    fake.head = 100;
    fake.fork = 1;
    assert_true(kept_is_late(&source, &head));
    fake_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_two_questions_share_a_key),
        cmocka_unit_test(test_the_head_is_not_in_the_key),
        cmocka_unit_test(test_a_value_is_true_at_its_block),
        cmocka_unit_test(test_who_was_pinned_to_an_older_head_is_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
