/* What the index knows of tokens besides their transfers, and the samples for the drift check.
 * Owns a server for the run, a database for each test.
 * One thread, besides libuv's own. */
#include "index_fixture.h"

#include "eth/erc20.h"

static void described(void) {
    struct index_token tokens[8];
    struct erc20_metadata metadata = {.has_name = true, .name = "Wr\xc3\xa4pped", .decimals = 18};
    size_t n;
    address wrapping = token_of(9), one = token_of(1);
    if (!begin_at_ten()) return;
    expect(index_writer_set_wraps(&scene.task, scene.writer, &wrapping, true) == ERR_OK);
    expect(index_writer_undescribed(&scene.task, scene.writer, tokens, &n, 8, 3600) == ERR_OK && n == 2);
    expect(address_equal(&tokens[0].address, &one) && !tokens[0].wraps);
    expect(address_equal(&tokens[1].address, &wrapping) && tokens[1].wraps);
    expect(index_writer_undescribed(&scene.task, scene.writer, tokens, &n, 1, 3600) == ERR_OK && n == 1);
    expect(index_writer_describe(&scene.task, scene.writer, tokens[0].id, &metadata) == ERR_OK);
    expect(
        sql_is("SELECT concat_ws(' ', name, coalesce(symbol, 'none'), decimals, live) FROM tokens WHERE wraps IS NULL",
               "Wr\xc3\xa4pped none 18 t"));
    expect(index_writer_undescribed(&scene.task, scene.writer, tokens, &n, 8, 3600) == ERR_OK && n == 1);
    (void)sql("UPDATE tokens SET described_at = described_at - 4000");
    expect(index_writer_undescribed(&scene.task, scene.writer, tokens, &n, 8, 3600) == ERR_OK && n == 2);
    expect(index_writer_set_wraps(&scene.task, scene.writer, &wrapping, false) == ERR_OK);
    expect(sql_is("SELECT count(*) FROM tokens WHERE wraps", "0"));
}

/* A contract that turned out to wrap nothing is no token before its first transfer. */
static void asked_about(void) {
    address contract = token_of(9), early = token_of(8);
    struct block_ref block = block_of(10, 0, 0);
    if (!begin_at_ten()) return;
    expect(index_writer_set_wraps(&scene.task, scene.writer, &contract, false) == ERR_OK);
    expect(sql_is("SELECT count(*) FROM tokens WHERE NOT live", "1"));
    batch_begin();
    made.blocks[made.batch.n_blocks++] = block;
    batch_add(&block, 0, contract, address_of(0, 0), address_of(1, 1), u256_from_u64(1));
    expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_OK);
    expect(sql_is("SELECT count(*) FROM tokens WHERE NOT live", "0") && balances_are_right());
    /* the same when all go live */
    struct index_stream stream = every_stream;
    expect(index_writer_set_wraps(&scene.task, scene.writer, &early, false) == ERR_OK);
    expect(index_writer_retire(&scene.task, scene.writer, &stream, 1) == ERR_OK);
    expect(index_writer_add(&scene.task, scene.writer, &stream, 1) == ERR_OK);
    stream.next_block = 11;
    expect(index_writer_go_live(&scene.task, scene.writer, &stream, 1, &block, NULL) == ERR_OK);
    expect(sql_is("SELECT string_agg(live::text, ' ' ORDER BY address) FROM tokens", "true false true"));
    expect(balances_are_right());
}

static bool has_sample(const struct index_sample *samples, size_t n, address holder, uint64_t amount, bool negative) {
    for (size_t i = 0; i < n; i++) {
        if (address_equal(&samples[i].holder, &holder) && samples[i].amount.limb[0] == amount &&
            samples[i].negative == negative) {
            return true;
        }
    }
    return false;
}

static void sampled(void) {
    struct index_sample samples[64];
    struct block_ref tip;
    size_t n;
    if (!begin_at_ten()) return;
    address empty = token_of(9);
    expect(follow_one(10, 0, 0, NULL) == ERR_OK);
    struct block_ref eleven = block_of(11, 0, 0);
    batch_begin();
    made.blocks[made.batch.n_blocks++] = eleven;
    batch_add(&eleven, 0, token_of(1), address_of(1, 5), address_of(1, 6), u256_from_u64(3));
    batch_add_odd(&eleven, 1, token_of(1));
    expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_OK);
    expect(index_writer_set_wraps(&scene.task, scene.writer, &empty, true) == ERR_OK);
    expect(index_writer_samples(&scene.task, scene.writer, &tip, samples, &n, 8, 8) == ERR_OK);
    expect(n >= 4 && n <= 9 && tip.number == 11 && hash32_equal(&tip.hash, &eleven.hash));
    expect(has_sample(samples, n, address_of(1, 1), 24, false) && has_sample(samples, n, address_of(1, 6), 3, false));
    expect(has_sample(samples, n, address_of(1, 5), 3, true));
    expect(samples[0].odd_logs && samples[0].has_holder && !samples[n - 1].odd_logs && !samples[n - 1].has_holder);
    expect(address_equal(&samples[n - 1].token, &empty) && !samples[0].is_checked && samples[0].drifts);
    /* longest ago first */
    const address wrong = address_of(7, 7); /* none of those that are chosen otherwise */
    int32_t id = samples[0].token_id;
    expect(!has_sample(samples, n, wrong, 0, false));
    expect(index_writer_checked(&scene.task, scene.writer, id, "balance_mismatch", &wrong, 11) == ERR_OK);
    uint64_t drifted;
    expect(index_writer_drifted(&scene.task, scene.writer, &drifted) == ERR_OK && drifted == 1);
    expect(
        sql_is("SELECT concat_ws(' ', checked_block, drift) FROM tokens ORDER BY id LIMIT 1", "11 balance_mismatch"));
    expect(index_writer_samples(&scene.task, scene.writer, &tip, samples, &n, 1, 8) == ERR_OK && n == 1);
    expect(address_equal(&samples[0].token, &empty));
    expect(index_writer_checked(&scene.task, scene.writer, samples[0].token_id, NULL, NULL, 12) == ERR_OK);
    expect(index_writer_samples(&scene.task, scene.writer, &tip, samples, &n, 1, 8) == ERR_OK && n > 1 && n <= 8);
    expect(samples[0].is_checked && samples[0].drifts && has_sample(samples, n, wrong, 0, false));
    expect(index_writer_checked(&scene.task, scene.writer, id, NULL, NULL, 13) == ERR_OK);
    expect(index_writer_samples(&scene.task, scene.writer, &tip, samples, &n, 3, 8) == ERR_OK && n > 1);
    expect(!has_sample(samples, n, wrong, 0, false));
}

/* A token that is never done with, as no node can run it, does not keep the others waiting: both are asked about though
 * nothing is written. */
static void starved(void) {
    struct index_token tokens[2];
    struct index_sample samples[16];
    struct block_ref tip;
    address third = token_of(9), second = token_of(8);
    bool described = false, checked = false;
    size_t n;
    if (!begin_at_ten()) return;
    expect(index_writer_set_wraps(&scene.task, scene.writer, &second, true) == ERR_OK);
    expect(index_writer_set_wraps(&scene.task, scene.writer, &third, true) == ERR_OK);
    for (int i = 0; i < 100; i++) {
        expect(index_writer_undescribed(&scene.task, scene.writer, tokens, &n, 2, 3600) == ERR_OK && n <= 2);
        if (n > 0) described |= address_equal(&tokens[n - 1].address, &third);
        expect(index_writer_samples(&scene.task, scene.writer, &tip, samples, &n, 2, 8) == ERR_OK);
        if (n > 0) checked |= address_equal(&samples[n - 1].token, &third);
    }
    expect(described);
    expect(checked);
}

TEST(test_tokens_are_described, described)
TEST(test_tokens_that_no_node_can_run_keep_no_others_waiting, starved)
TEST(test_contracts_that_wrap_nothing_are_no_tokens_yet, asked_about)
TEST(test_samples_are_of_large_small_and_random_holders, sampled)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_are_described),
        cmocka_unit_test(test_tokens_that_no_node_can_run_keep_no_others_waiting),
        cmocka_unit_test(test_contracts_that_wrap_nothing_are_no_tokens_yet),
        cmocka_unit_test(test_samples_are_of_large_small_and_random_holders),
    };
    return cmocka_run_group_tests(tests, make_schema, remove_schema);
}
