/* What each call of the index writer does, and what it refuses.
 * Owns a server for the run, a database for each test.
 * One thread, besides libuv's own. */
#include "index_fixture.h"

static void new_chain(void) {
    if (!reopen(true)) return;
    struct index_progress progress = load();
    expect(progress.every && !progress.has_tip && !progress.has_finalized && progress.n_streams == 0);
    expect(progress.halted == NULL);
    expect(sql_is("SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = 'transfers_31337'::regclass",
                  "transfers"));
    expect(index_writer_halt(&scene.task, scene.writer, "why not") == ERR_OK);
    if (!reopen(true)) return;
    progress = load();
    expect(progress.halted != NULL && strcmp(progress.halted, "why not") == 0);
    expect(index_writer_halt(&scene.task, scene.writer, NULL) == ERR_OK);
    expect(load().halted == NULL);
}

static void two_writers(void) {
    struct index_writer *second;
    if (!reopen(true)) return;
    expect(open_writer(&second, true) == ERR_OK && second == NULL);
    index_writer_close(scene.writer);
    scene.writer = NULL;
    expect(reopen(true));
}

/* Another scope is refused once there are transfers of the first, and leaves the lock to others. */
static void other_scope(void) {
    struct index_writer *other;
    if (!reopen(false) || !reopen(true) || !expect(load().every)) return;
    if (!expect(index_writer_add(&scene.task, scene.writer, &every_stream, 1) == ERR_OK)) return;
    index_writer_close(scene.writer);
    scene.writer = NULL;
    enum err err = ERR_OK;
    for (int i = 0; err == ERR_OK && i < CLUSTER_TRIES; i++) err = open_writer(&other, false);
    expect(err == ERR_INVALID_PARAMETER && other == NULL);
    expect(reopen(true));
}

/* What is written, byte for byte as PostgreSQL shows it. */
static void rows_as_written(void) {
    struct block_ref block = block_of(0x123456789, 7, 7);
    u256 most, zero = u256_from_u64(0), one = u256_from_u64(1);
    (void)u256_sub(&most, &zero, &one);
    batch_begin();
    batch_add(&block, 3, token_of(5), address_of(1, 2), address_of(3, 4), most)->kind = TRANSFER_EVENT;
    batch_add(&block, 4, token_of(5), address_of(0, 0), address_of(3, 4), zero)->kind = TRANSFER_DEPOSIT;
    batch_add(&block, 0xffff, token_of(6), address_of(3, 4), address_of(0, 0), u256_from_u64(10000))->kind =
        TRANSFER_WITHDRAWAL;
    batch_add_odd(&block, 70000, token_of(9));
    if (!reopen(true) || !expect(index_writer_add(&scene.task, scene.writer, &every_stream, 1) == ERR_OK)) return;
    expect(append(&every_stream, 1, 0, 0x123456789) == ERR_OK);
    expect(sql_is("SELECT string_agg(concat_ws(' ', t.chain_id, block_number, log_index, address, kind, amount,"
                  " from_address, to_address, tx_hash), ' | ' ORDER BY log_index)"
                  " FROM transfers t JOIN tokens k ON k.id = token_id",
                  "31337 4886718345 3 \\xee00000000000000000000000000000000000005 0"
                  " 115792089237316195423570985008687907853269984665640564039457584007913129639935"
                  " \\x0100000000000000000000000000000000000002 \\x0300000000000000000000000000000000000004"
                  " \\x0702000000000000000000000000000000000000000000000000000123456789"
                  " | 31337 4886718345 4 \\xee00000000000000000000000000000000000005 1 0"
                  " \\x0000000000000000000000000000000000000000 \\x0300000000000000000000000000000000000004"
                  " \\x0702000000000000000000000000000000000000000000000000000123456789"
                  " | 31337 4886718345 65535 \\xee00000000000000000000000000000000000006 2 10000"
                  " \\x0300000000000000000000000000000000000004 \\x0000000000000000000000000000000000000000"
                  " \\x0756000000000000000000000000000000000000000000000000000123456789"));
    expect(sql_is("SELECT concat_ws(' ', chain_id, block_number, log_index, address, topics, data_bytes) FROM odd_logs",
                  "31337 4886718345 70000 \\xee00000000000000000000000000000000000009 2 64"));
    expect(sql_is("SELECT concat_ws(' ', number, hash, parent_hash, timestamp, transfers) FROM blocks",
                  "4886718345 \\x0700000000000000000000000000000000000000000000000000000123456789 60340620140 3"));
}

static void fenced(void) {
    if (!begin_at_ten()) return;
    char before[PRINT_BYTES];
    take_print(before);
    batch_begin();
    expect(append(&every_stream, 1, 0, 9) == ERR_INTERNAL);   /* has been done */
    expect(append(&every_stream, 1, 10, 12) == ERR_INTERNAL); /* it is live */
    expect(follow_one(9, 0, 0, NULL) == ERR_INTERNAL);        /* is there */
    expect(follow_one(11, 0, 0, NULL) == ERR_INTERNAL);       /* leaves a gap */
    expect(follow_one(10, 1, 1, NULL) == ERR_INTERNAL);       /* its parent is another block */
    struct block_ref ancestor = block_of(8, 1, 1);
    ancestor.number = 9;
    expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_INTERNAL);
    expect(is_as_in(before));
    expect(follow_one(10, 0, 0, NULL) == ERR_OK);
    expect(balances_are_right());
}

/* A stream that stands elsewhere takes those with it down that do not. */
static void streams_together(void) {
    struct index_stream streams[] = {stream_of(1, 5), stream_of(2, 5), stream_of(3, 6)};
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, streams, 3) == ERR_OK)) return;
    batch_begin();
    expect(append(streams, 3, 5, 9) == ERR_INTERNAL);
    expect(append(streams, 2, 5, 5) == ERR_OK);
    expect(append(streams, 3, 6, 9) == ERR_OK);
    struct index_progress progress = load();
    expect(progress.n_streams == 3 && progress.streams[0].next_block == 10 && progress.streams[2].next_block == 10);
    expect(progress.streams[2].start_block == 6 && !progress.streams[2].every && !progress.streams[2].live);
    /* those that are there stay as they are */
    expect(index_writer_add(&scene.task, scene.writer, streams, 3) == ERR_OK);
    expect(load().streams[0].next_block == 10);
}

/* A transfer of a token that nobody configured is not guessed at. */
static void unknown_token(void) {
    struct index_stream stream = stream_of(1, 0);
    struct block_ref block = block_of(3, 0, 0);
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, &stream, 1) == ERR_OK)) return;
    for (int i = 0; i < 2; i++) {
        batch_begin();
        batch_add(&block, 0, token_of(2), address_of(0, 0), address_of(1, 1), u256_from_u64(1));
        expect(append(&stream, 1, 0, 9) == ERR_INTERNAL);
    }
    expect(sql_is("SELECT count(*) FROM transfers", "0"));
    expect(load().streams[0].next_block == 0);
}

/* The ids of a batch that came to nothing are asked for again: they were taken back. */
static void tokens_taken_back(void) {
    struct block_ref block = block_of(3, 0, 0);
    if (!reopen(true) || !expect(index_writer_add(&scene.task, scene.writer, &every_stream, 1) == ERR_OK)) return;
    for (int good = 0; good < 2; good++) {
        batch_begin();
        batch_add(&block, 0, token_of(2), address_of(0, 0), address_of(1, 1), u256_from_u64(1));
        batch_add(&block, (uint32_t)good, token_of(3), address_of(0, 0), address_of(1, 1), u256_from_u64(1));
        expect(append(&every_stream, 1, 0, 9) == (good ? ERR_OK : ERR_INTERNAL)); /* the same log twice */
    }
    expect(sql_is("SELECT count(*) FROM transfers t JOIN tokens k ON k.id = t.token_id WHERE NOT live", "2"));
}

static void other_hash(void) {
    struct index_stream streams[] = {stream_of(1, 0), stream_of(2, 0)};
    struct block_ref block = block_of(3, 0, 0), other = block_of(3, 1, 1);
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, streams, 2) == ERR_OK)) return;
    batch_begin();
    batch_add(&block, 0, token_of(1), address_of(0, 0), address_of(1, 1), u256_from_u64(1));
    expect(append(streams, 1, 0, 9) == ERR_OK);
    batch_begin();
    batch_add(&other, 1, token_of(2), address_of(0, 0), address_of(1, 1), u256_from_u64(1));
    expect(append(streams + 1, 1, 0, 9) == ERR_INTERNAL);
    batch_begin();
    batch_add(&block, 1, token_of(2), address_of(0, 0), address_of(1, 1), u256_from_u64(1));
    expect(append(streams + 1, 1, 0, 9) == ERR_OK);
    expect(sql_is("SELECT concat_ws(' ', number, transfers) FROM blocks", "3 2"));
    struct block_ref found;
    expect(index_writer_block(&scene.task, scene.writer, &found, 3) == ERR_OK);
    expect(hash32_equal(&found.hash, &block.hash) && found.timestamp == block.timestamp && found.finalized);
    expect(index_writer_block(&scene.task, scene.writer, &found, 4) == ERR_BLOCK_NOT_FOUND);
}

static bool final_is(uint64_t number) {
    struct index_progress progress = load();
    struct block_ref block = block_of(number, 0, 0);
    return progress.has_finalized && progress.finalized_number == number &&
           hash32_equal(&progress.finalized_hash, &block.hash);
}

/* Without a tip there is nothing else to tell the history by. */
static void history(void) {
    struct index_stream streams[] = {stream_of(1, 0), stream_of(2, 0), stream_of(3, 0)};
    struct block_ref tip = block_of(9, 0, 0);
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, streams, 3) == ERR_OK)) return;
    batch_begin();
    expect(!load().has_finalized);
    expect(append(streams, 1, 0, 4) == ERR_OK && final_is(4));
    expect(append(streams + 1, 1, 0, 2) == ERR_OK && final_is(4)); /* another stream, further behind */
    expect(append(streams, 1, 5, 9) == ERR_OK && final_is(9));
    streams[0].next_block = 10;
    expect(index_writer_go_live(&scene.task, scene.writer, streams, 1, &tip, NULL) == ERR_OK && final_is(9));
    expect(append(streams + 2, 1, 0, 19) == ERR_OK && final_is(9)); /* from now on it moves with the tip */
}

static void caught_up(void) {
    struct block_ref first = block_of(10, 0, 0), other = block_of(10, 1, 1), last = block_of(30, 0, 0);
    if (!begin_at_ten()) return;
    batch_begin();
    for (uint64_t n = 12; n <= 30; n += 9) { /* the last one, too */
        struct block_ref block = block_of(n, 0, 0);
        batch_add(&block, 0, token_of(1), address_of(1, 1), address_of(1, n), u256_from_u64(n));
    }
    made.batch.n_blocks = 0;
    expect(index_writer_catch_up(&scene.task, scene.writer, &made.batch, &other, &last) == ERR_INTERNAL);
    expect(load().tip.number == 9);
    expect(index_writer_catch_up(&scene.task, scene.writer, &made.batch, &first, &last) == ERR_OK);
    struct index_progress progress = load();
    expect(progress.tip.number == 30 && hash32_equal(&progress.tip.hash, &last.hash) && progress.tip.finalized);
    expect(hash32_equal(&progress.tip.parent_hash, &last.parent_hash) && final_is(30));
    expect(progress.streams[0].next_block == 31 && progress.streams[0].live);
    expect(sql_is("SELECT string_agg(number::text, ' ' ORDER BY number) FROM blocks", "1 3 5 7 9 12 21 30"));
    expect(balances_are_right());
    first = block_of(31, 0, 0);
    last = block_of(40, 0, 0);
    batch_begin();
    expect(index_writer_catch_up(&scene.task, scene.writer, &made.batch, &first, &last) == ERR_OK);
    expect(sql_is("SELECT string_agg(number::text, ' ' ORDER BY number) FROM blocks", "1 3 5 7 9 12 21 30 40"));
}

static void finality(void) {
    if (!begin_at_ten()) return;
    for (uint64_t n = 10; n < 20; n++) {
        struct block_ref block = block_of(n, 0, 0), finalized = block_of(n - 5, 0, 0);
        batch_begin();
        made.blocks[made.batch.n_blocks++] = block;
        if (n == 12) batch_add(&block, 0, token_of(1), address_of(1, 1), address_of(1, 2), u256_from_u64(1));
        expect(index_writer_follow(&scene.task, scene.writer, &made.batch, n < 11 ? NULL : &finalized) == ERR_OK);
    }
    expect(
        sql_is("SELECT string_agg(number::text, ' ' ORDER BY number) FROM blocks", "1 3 5 7 9 12 14 15 16 17 18 19"));
    struct index_progress progress = load();
    struct block_ref fourteen = block_of(14, 0, 0);
    expect(progress.has_finalized && progress.finalized_number == 14 && progress.tip.number == 19);
    expect(hash32_equal(&progress.finalized_hash, &fourteen.hash) && !progress.tip.finalized);
    /* it never goes back, nor past the tip */
    struct block_ref seven = block_of(7, 0, 0), far = block_of(70, 0, 0);
    expect(follow_one(20, 0, 0, &seven) == ERR_OK && load().finalized_number == 14);
    struct block_ref ancestor = block_of(13, 0, 0);
    expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_INVALID_PARAMETER);
    expect(load().tip.number == 20);
    ancestor = block_of(14, 1, 1);
    expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_INTERNAL);
    expect(index_writer_rollback(&scene.task, scene.writer, &fourteen) == ERR_OK);
    expect(load().tip.number == 14 && load().tip.finalized && balances_are_right());
    expect(follow_one(15, 1, 0, &far) == ERR_OK && load().finalized_number == 15);
}

static void retired_goes_on(void) {
    struct index_stream streams[] = {stream_of(1, 0), stream_of(2, 0)};
    struct block_ref block = block_of(3, 0, 0), tip = block_of(9, 0, 0);
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, streams, 2) == ERR_OK)) return;
    batch_begin();
    batch_add(&block, 0, token_of(1), address_of(0, 0), address_of(1, 1), u256_from_u64(5));
    batch_add(&block, 1, token_of(2), address_of(0, 0), address_of(1, 1), u256_from_u64(6));
    expect(append(streams, 2, 0, 9) == ERR_OK);
    streams[0].next_block = streams[1].next_block = 10;
    expect(index_writer_go_live(&scene.task, scene.writer, streams, 2, &tip, NULL) == ERR_OK);
    expect(index_writer_retire(&scene.task, scene.writer, streams + 1, 1) == ERR_OK);
    expect(load().n_streams == 1);
    expect(sql_is("SELECT string_agg(live::text, ' ' ORDER BY address) FROM tokens", "true false"));
    expect(follow_one(10, 0, 0, NULL) == ERR_OK && balances_are_right());
    /* added again it is where it was, and catches up */
    expect(index_writer_add(&scene.task, scene.writer, streams + 1, 1) == ERR_OK);
    struct index_progress progress = load();
    expect(progress.n_streams == 2 && progress.streams[0].next_block == 10 && !progress.streams[0].live);
    struct block_ref ten = block_of(10, 0, 0);
    batch_begin(); /* not at another tip than that of those who are live */
    expect(index_writer_go_live(&scene.task, scene.writer, streams + 1, 1, &tip, &made.batch) == ERR_INTERNAL);
    batch_add(&ten, 9, token_of(2), address_of(1, 1), address_of(1, 3), u256_from_u64(2));
    expect(index_writer_go_live(&scene.task, scene.writer, streams + 1, 1, &ten, &made.batch) == ERR_OK);
    expect(sql_is("SELECT string_agg(amount::text, ' ' ORDER BY token_id, holder) FROM balances", "4 1 4 2"));
    expect(balances_are_right());
}

TEST(test_a_new_chain_is_begun_and_halted, new_chain)
TEST(test_only_one_writer_gets_the_lock, two_writers)
TEST(test_another_scope_is_refused, other_scope)
TEST(test_rows_are_written_as_they_are, rows_as_written)
TEST(test_who_is_wrong_about_the_progress_writes_nothing, fenced)
TEST(test_streams_move_together_or_not_at_all, streams_together)
TEST(test_a_token_nobody_configured_is_refused, unknown_token)
TEST(test_ids_that_were_rolled_back_are_forgotten, tokens_taken_back)
TEST(test_a_block_never_changes_its_hash, other_hash)
TEST(test_a_history_that_is_being_read_is_remembered, history)
TEST(test_final_blocks_are_taken_by_ranges, caught_up)
TEST(test_finality_moves_on_and_is_not_passed, finality)
TEST(test_a_retired_stream_goes_on_where_it_stood, retired_goes_on)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_chain_is_begun_and_halted),
        cmocka_unit_test(test_only_one_writer_gets_the_lock),
        cmocka_unit_test(test_another_scope_is_refused),
        cmocka_unit_test(test_rows_are_written_as_they_are),
        cmocka_unit_test(test_who_is_wrong_about_the_progress_writes_nothing),
        cmocka_unit_test(test_streams_move_together_or_not_at_all),
        cmocka_unit_test(test_a_token_nobody_configured_is_refused),
        cmocka_unit_test(test_ids_that_were_rolled_back_are_forgotten),
        cmocka_unit_test(test_a_block_never_changes_its_hash),
        cmocka_unit_test(test_a_history_that_is_being_read_is_remembered),
        cmocka_unit_test(test_final_blocks_are_taken_by_ranges),
        cmocka_unit_test(test_finality_moves_on_and_is_not_passed),
        cmocka_unit_test(test_a_retired_stream_goes_on_where_it_stood),
    };
    return cmocka_run_group_tests(tests, make_schema, remove_schema);
}
