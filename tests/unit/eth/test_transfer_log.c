/* What a log means by its shape, and what a block's bloom can rule out.
 * Owns nothing.
 * Runs on one thread, from the root of the checkout. */
#include "../vectors.h"

#include "eth/erc20.h"
#include "eth/transfer_log.h"

enum { MIN_BLOOMS = 20 };

static const hash32 holder = {{[12] = 0xaa, [31] = 0x01}};
static const hash32 other = {{[12] = 0xbb, [31] = 0x02}};
static const hash32 no_address = {{[11] = 0x01, [12] = 0xaa}};

struct shape {
    enum erc20_topic event;
    const hash32 *second;
    const hash32 *third;
    size_t n_topics;
    size_t data_len;
};

static enum log_verdict read_shape(struct transfer_log *out, const struct shape *shape) {
    const hash32 topics[LOG_MAX_TOPICS] = {erc20_events[shape->event].topic, *shape->second, *shape->third, holder};
    static uint8_t data[64] = {[0] = 0x80, [31] = 0x07, [32] = 0xff};
    memset(out, 0xee, sizeof *out);
    return transfer_log_read(out, topics, shape->n_topics, data, shape->data_len);
}

static void test_shapes(void **state) {
    (void)state;
    static const struct {
        struct shape shape;
        enum log_verdict verdict;
    } rows[] = {
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 3, 32}, LOG_IS_TRANSFER},
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 4, 0}, LOG_IS_NFT},
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 4, 32}, LOG_IS_ODD},
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 3, 0}, LOG_IS_ODD},
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 3, 31}, LOG_IS_ODD},
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 3, 64}, LOG_IS_ODD},
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 2, 64}, LOG_IS_ODD},
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 1, 64}, LOG_IS_ODD},
        {{ERC20_TOPIC_TRANSFER, &no_address, &other, 3, 32}, LOG_IS_ODD},
        {{ERC20_TOPIC_TRANSFER, &holder, &no_address, 3, 32}, LOG_IS_ODD},
        {{ERC20_TOPIC_DEPOSIT, &holder, &other, 2, 32}, LOG_IS_TRANSFER},
        {{ERC20_TOPIC_DEPOSIT, &holder, &other, 3, 32}, LOG_IS_OTHER},
        {{ERC20_TOPIC_DEPOSIT, &holder, &other, 2, 64}, LOG_IS_OTHER},
        {{ERC20_TOPIC_DEPOSIT, &no_address, &other, 2, 32}, LOG_IS_OTHER},
        {{ERC20_TOPIC_WITHDRAWAL, &holder, &other, 2, 32}, LOG_IS_TRANSFER},
        {{ERC20_TOPIC_WITHDRAWAL, &holder, &other, 1, 32}, LOG_IS_OTHER},
        {{ERC20_TOPIC_WITHDRAWAL, &holder, &other, 2, 0}, LOG_IS_OTHER},
        {{ERC20_TOPIC_APPROVAL, &holder, &other, 3, 32}, LOG_IS_OTHER},
        {{ERC20_TOPIC_TRANSFER, &holder, &other, 0, 32}, LOG_IS_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct transfer_log log;
        if (read_shape(&log, &rows[i].shape) != rows[i].verdict) fail_msg("row %zu", i);
    }
}

static void check_transfer(enum erc20_topic event, enum transfer_kind kind, const hash32 *from, const hash32 *to) {
    struct transfer_log log;
    struct shape shape = {event, &holder, &other, event == ERC20_TOPIC_TRANSFER ? 3 : 2, 32};
    assert_int_equal(read_shape(&log, &shape), LOG_IS_TRANSFER);
    assert_int_equal(log.kind, kind);
    assert_memory_equal(log.from.bytes, from->bytes + 12, sizeof log.from);
    assert_memory_equal(log.to.bytes, to->bytes + 12, sizeof log.to);
    assert_int_equal(log.amount.limb[0], 7);
    assert_true(log.amount.limb[3] == UINT64_C(1) << 63);
}

static void test_parties_and_amounts(void **state) {
    (void)state;
    static const hash32 zero;
    check_transfer(ERC20_TOPIC_TRANSFER, TRANSFER_EVENT, &holder, &other);
    check_transfer(ERC20_TOPIC_DEPOSIT, TRANSFER_DEPOSIT, &zero, &holder);
    check_transfer(ERC20_TOPIC_WITHDRAWAL, TRANSFER_WITHDRAWAL, &holder, &zero);
}

static void test_blooms_of_real_blocks(void **state) {
    (void)state;
    struct vectors v;
    size_t yes = 0, no = 0;
    vectors_open(&v, "blooms.tsv");
    while (vectors_next(&v, 3)) {
        size_t bloom_len, len;
        uint8_t *bloom = vectors_bytes(&bloom_len, v.fields[0]), *item = vectors_bytes(&len, v.fields[1]);
        bool may = v.fields[2][0] == '1';
        assert_int_equal(bloom_len, BLOOM_BYTES);
        assert_int_equal(bloom_may_have(bloom, item, len), may);
        yes += may;
        no += !may;
        free(bloom);
        free(item);
    }
    vectors_close(&v, MIN_BLOOMS);
    assert_true(yes > 0 && no > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_parties_and_amounts),
        cmocka_unit_test(test_blooms_of_real_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
