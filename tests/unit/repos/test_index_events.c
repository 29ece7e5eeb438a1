/* Streams of events beside those of transfers: what is written of them, what a rollback takes back, and how older
 * events are found and read anew.
 * Owns a server for the run, a database for each test.
 * One thread, besides libuv's own. */
#include "index_fixture.h"

static void rows_as_written(void) {
    static uint8_t data[3] = {1, 2, 3};
    struct index_stream stream = events_of(1, 0);
    struct block_ref block = block_of(5, 0, 0);
    batch_begin();
    batch_add_event(&block, 0, token_of(1), 0, NULL, 0);
    batch_add_event(&block, 1, token_of(1), 4, data, sizeof data);
    if (!reopen(true) || !expect(index_writer_add(&scene.task, scene.writer, &stream, 1) == ERR_OK)) return;
    expect(append(&stream, 1, 0, 9) == ERR_OK);
    expect(
        sql_is("SELECT string_agg(concat_ws(' ', chain_id, block_number, log_index, address, tx_hash, topic0, topic1,"
               " topic2, topic3, data, name, args, abi_version), ' | ' ORDER BY log_index) FROM contract_events",
               "31337 5 0 \\xee00000000000000000000000000000000000001"
               " \\x0001000000000000000000000000000000000000000000000000000000000005 \\x 1"
               " | 31337 5 1 \\xee00000000000000000000000000000000000001"
               " \\x0001000000000000000000000000000000000000000000000000000000000005"
               " \\x0000000000000000000000000000000000000000000000000000000000000001"
               " \\x0000000000000000000000000000000000000000000000000000000000000002"
               " \\x0000000000000000000000000000000000000000000000000000000000000003"
               " \\x0000000000000000000000000000000000000000000000000000000000000004"
               " \\x010203 Event1 {\"text\":\"nul \\u0000\",\"bytes\":3} 1"));
    expect(sql_is("SELECT concat_ws(' ', number, transfers) FROM blocks", "5 2"));
    expect(sql_is("SELECT count(*) FROM tokens", "0"));
}

/* As long as a reply to eth_getLogs can be. */
static void long_data(void) {
    enum { LONG_BYTES = 16 * 1024 * 1024 };
    struct index_stream stream = events_of(1, 0);
    struct block_ref block = block_of(5, 0, 0);
    uint8_t *data = calloc(1, LONG_BYTES);
    data[LONG_BYTES - 1] = 7;
    batch_begin();
    for (uint32_t i = 0; i < 3; i++) batch_add_event(&block, i, token_of(1), 1, data, i == 1 ? LONG_BYTES : 1);
    if (reopen(true) && expect(index_writer_add(&scene.task, scene.writer, &stream, 1) == ERR_OK)) {
        expect(append(&stream, 1, 0, 9) == ERR_OK);
        expect(sql_is("SELECT sum(octet_length(data)) FROM contract_events", "16777218"));
        expect(sql_is("SELECT get_byte(data, 16777215) FROM contract_events WHERE log_index = 1", "7"));
    }
    free(data);
}

/* Every token, and the events of two contracts, one of which is a token too. */
static bool begin_both(void) {
    static uint8_t data[1] = {9};
    struct index_stream streams[] = {events_of(1, 0), events_of(2, 0)};
    struct block_ref tip = block_of(9, 0, 0);
    if (!begin_at_ten() || !expect(index_writer_add(&scene.task, scene.writer, streams, 2) == ERR_OK)) return false;
    batch_begin();
    for (uint64_t n = 0; n < 9; n += 2) { /* in blocks without transfers */
        struct block_ref block = block_of(n, 0, 0);
        batch_add_event(&block, 3, token_of(1 + n / 2 % 2), 1, data, 1);
    }
    streams[0].next_block = streams[1].next_block = 10;
    return expect(append(streams, 2, 0, 9) == ERR_OK) &&
           expect(index_writer_go_live(&scene.task, scene.writer, streams, 2, &tip, NULL) == ERR_OK);
}

static enum err follow_both(uint64_t number, uint8_t fork, uint8_t parent, const struct block_ref *finalized) {
    struct block_ref block = block_of(number, fork, parent);
    batch_begin();
    made.blocks[made.batch.n_blocks++] = block;
    if (number % 2 == 0) {
        batch_add(&block, 7, token_of(number > 13 ? 2 : 1), address_of(1, 1), address_of(1, 2), u256_from_u64(1));
    }
    if (number % 3 == 0) batch_add_event(&block, 7, token_of(1), 2, NULL, 0);
    return index_writer_follow(&scene.task, scene.writer, &made.batch, finalized);
}

static void live_together(void) {
    char print[PRINT_BYTES];
    if (!begin_both()) return;
    expect(sql_is("SELECT count(*) FROM streams WHERE live AND next_block = 10", "3"));
    for (uint64_t n = 10; n < 14; n++) expect(follow_both(n, 0, 0, NULL) == ERR_OK);
    take_print(print);
    for (uint64_t n = 14; n < 20; n++) expect(follow_both(n, 1, n == 14 ? 0 : 1, NULL) == ERR_OK);
    expect(sql_is("SELECT count(*) FROM contract_events WHERE block_number > 13", "2"));
    struct block_ref ancestor = block_of(13, 0, 0);
    expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_OK);
    expect(is_as_in(print));
    expect(sql_is("SELECT count(*) FROM streams WHERE live AND next_block = 14", "3"));
    expect(sql_is("SELECT count(*) FROM tokens", "1")); /* that its events are wanted names no token */
    expect(balances_are_right());
}

/* A final block with events alone stays; one with nothing goes. */
static void blocks_of_events_stay(void) {
    if (!begin_both()) return;
    for (uint64_t n = 10; n < 20; n++) {
        struct block_ref block = block_of(n, 0, 0);
        expect(follow_both(n, 0, 0, n == 19 ? &block : NULL) == ERR_OK);
    }
    expect(sql_is("SELECT string_agg(number || ':' || transfers, ' ' ORDER BY number) FROM blocks WHERE number > 9",
                  "10:1 12:2 14:1 15:1 16:1 18:2 19:0"));
    expect(sql_is_zero("SELECT count(*) FROM contract_events e"
                       " WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.number = e.block_number)"));
}

/* In one batch, each kind in blocks of its own and one in which both are. */
static void several_blocks(void) {
    if (!begin_both()) return;
    batch_begin();
    for (uint64_t n = 10; n < 14; n++) {
        struct block_ref block = block_of(n, 0, 0);
        made.blocks[made.batch.n_blocks++] = block;
        if (n != 11) batch_add(&block, 7, token_of(1), address_of(1, 1), address_of(1, 2), u256_from_u64(1));
        if (n < 13) batch_add_event(&block, 7, token_of(1), 2, NULL, 0);
    }
    expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_OK);
    expect(sql_is("SELECT string_agg(number || ':' || transfers, ' ' ORDER BY number) FROM blocks WHERE number > 9",
                  "10:2 11:1 12:2 13:1"));
}

/* A stream of one kind is not taken for that of the other kind with the same name. */
static void kinds_are_fenced(void) {
    struct index_stream events = events_of(1, 0), transfers = stream_of(1, 0);
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, &events, 1) == ERR_OK)) return;
    batch_begin();
    expect(append(&transfers, 1, 0, 9) == ERR_INTERNAL);
    expect(index_writer_add(&scene.task, scene.writer, &transfers, 1) == ERR_OK);
    expect(append(&events, 1, 0, 9) == ERR_OK);
    struct index_progress progress = load();
    expect(progress.n_streams == 2 && progress.streams[0].kind == STREAM_TRANSFERS);
    expect(progress.streams[0].next_block == 0 && progress.streams[1].next_block == 10);
    expect(progress.streams[1].kind == STREAM_EVENTS);
    expect(index_writer_retire(&scene.task, scene.writer, &transfers, 1) == ERR_OK);
    progress = load();
    expect(progress.n_streams == 1 && progress.streams[0].kind == STREAM_EVENTS);
}

static void retired_apart(void) {
    struct index_stream events = events_of(1, 0), every = every_stream;
    if (!begin_both()) return;
    expect(index_writer_retire(&scene.task, scene.writer, &events, 1) == ERR_OK);
    expect(sql_is("SELECT count(*) FROM tokens WHERE live", "1"));
    expect(sql_is("SELECT count(*) FROM streams WHERE live", "2"));
    expect(index_writer_retire(&scene.task, scene.writer, &every, 1) == ERR_OK);
    expect(sql_is("SELECT count(*) FROM tokens WHERE live", "0"));
    expect(sql_is("SELECT encode(token, 'hex') FROM streams WHERE live", "ee00000000000000000000000000000000000002"));
    for (uint64_t n = 10; n < 13; n++) expect(follow_both(n, 0, 0, NULL) == ERR_OK);
    expect(sql_is("SELECT max(block_number) FROM contract_events", "12"));
    /* what there is stays, and a rollback takes of it what it has to */
    struct block_ref ancestor = block_of(10, 0, 0);
    expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_OK);
    expect(index_writer_add(&scene.task, scene.writer, &events, 1) == ERR_OK);
    expect(sql_is("SELECT string_agg(next_block::text, ' ' ORDER BY kind, token) FROM streams", "10 10 11"));
    expect(sql_is("SELECT max(block_number) FROM contract_events", "8"));
}

static const char event_list[] = "SELECT string_agg(block_number || '.' || log_index || '.' || get_byte(address, 19)"
                                 " || '.' || octet_length(data), ' ' ORDER BY block_number, log_index)"
                                 " FROM contract_events";

/* In: n, of blocks that have an event of this contract, each with two bytes of data. */
static void add_events_at(uint64_t contract, const uint64_t *numbers, size_t n) {
    static uint8_t data[2];
    batch_begin();
    for (size_t i = 0; i < n; i++) {
        struct block_ref block = block_of(numbers[i], 0, 0);
        batch_add_event(&block, 3, token_of(contract), 1, data, sizeof data);
    }
}

/* A contract that is to begin earlier is read anew from there, and what was there is replaced; the other one stays. */
static void begun_anew(void) {
    struct index_stream stream = events_of(1, 0);
    struct block_ref tip = block_of(9, 0, 0), ancestor = block_of(9, 0, 0);
    static const uint64_t first[] = {1, 4}, rest[] = {8};
    if (!reopen(true)) return;
    stream.start_block = 4;
    stream.has_from_block = true;
    stream.from_block = 4;
    struct index_stream both[] = {stream, events_of(2, 4)};
    expect(index_writer_add(&scene.task, scene.writer, both, 2) == ERR_OK);
    batch_begin();
    for (uint64_t n = 4; n < 10; n++) {
        static uint8_t data[1];
        struct block_ref block = block_of(n, 0, 0);
        batch_add_event(&block, 3, token_of(1 + n / 2 % 2), 1, data, 1);
    }
    expect(append(both, 2, 4, 9) == ERR_OK);
    both[0].next_block = both[1].next_block = 10;
    expect(index_writer_go_live(&scene.task, scene.writer, both, 2, &tip, NULL) == ERR_OK);
    expect(sql_is(event_list, "4.3.1.1 5.3.1.1 6.3.2.1 7.3.2.1 8.3.1.1 9.3.1.1"));
    struct block_ref newest = block_of(10, 0, 0);
    batch_begin();
    made.blocks[made.batch.n_blocks++] = newest;
    batch_add_event(&newest, 3, token_of(1), 0, NULL, 0);
    expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_OK);

    stream.start_block = stream.from_block = 6; /* later: what there is stays */
    expect(index_writer_begin_at(&scene.task, scene.writer, &stream, 1) == ERR_OK);
    struct index_progress progress = load();
    expect(progress.streams[0].live && progress.streams[0].start_block == 4 && progress.streams[0].next_block == 11);
    expect(progress.streams[0].has_from_block && progress.streams[0].from_block == 6);

    stream.start_block = 1;
    stream.has_from_block = false;
    expect(index_writer_begin_at(&scene.task, scene.writer, &stream, 1) == ERR_OK);
    progress = load();
    expect(!progress.streams[0].live && progress.streams[0].start_block == 1 && progress.streams[0].next_block == 1);
    expect(!progress.streams[0].has_from_block && progress.streams[1].live);
    expect(follow_one(11, 0, 0, NULL) == ERR_OK);
    add_events_at(1, first, 2);
    expect(append(&stream, 1, 1, 7) == ERR_OK);
    expect(sql_is(event_list, "1.3.1.2 4.3.1.2 6.3.2.1 7.3.2.1 8.3.1.1 9.3.1.1 10.3.1.0"));
    expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_OK);
    expect(sql_is(event_list, "1.3.1.2 4.3.1.2 6.3.2.1 7.3.2.1 8.3.1.1 9.3.1.1"));
    add_events_at(1, rest, 1);
    stream.next_block = 8;
    expect(index_writer_go_live(&scene.task, scene.writer, &stream, 1, &ancestor, &made.batch) == ERR_OK);
    expect(sql_is(event_list, "1.3.1.2 4.3.1.2 6.3.2.1 7.3.2.1 8.3.1.2"));
    expect(sql_is("SELECT string_agg(number || ':' || transfers, ' ' ORDER BY number) FROM blocks WHERE transfers > 0",
                  "1:1 4:1 6:1 7:1 8:1"));
    expect(sql_is("SELECT count(*) FROM streams WHERE live AND next_block = 10", "2"));
}

/* Without a token ever wanted the scope is still to be chosen; then whoever wants none takes what there is. */
static void scopes(void) {
    struct index_stream events = events_of(1, 0);
    const struct pg_session_options how = {
        .url = scene.url, .application_name = "writer", .connect_timeout_ms = FAR_MS};
    const struct index_writer_options any = {
        .chain_id = TEST_CHAIN, .any_scope = true, .partition_blocks = TEST_PARTITION_BLOCKS};
    struct pg_session *session;
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, &events, 1) == ERR_OK)) return;
    if (!reopen(true) || !expect(index_writer_add(&scene.task, scene.writer, &every_stream, 1) == ERR_OK)) return;
    index_writer_close(scene.writer);
    scene.writer = NULL;
    for (int i = 0; scene.writer == NULL && i < CLUSTER_TRIES; i++) { /* the lock goes with the session before */
        expect(pg_session_open(&scene.task, &session, &how) == ERR_OK);
        expect(index_writer_open(&scene.task, &scene.writer, session, &any) == ERR_OK);
        if (scene.writer == NULL) pg_session_close(session);
    }
    if (expect(scene.writer != NULL)) expect(load().every);
}

enum { EVENTS = 450, LONG = 1000 };

static void fill_stale(void) {
    static uint8_t data[LONG];
    struct index_stream stream = events_of(1, 0), other = events_of(2, 0);
    if (!reopen(false) || !expect(index_writer_add(&scene.task, scene.writer, &stream, 1) == ERR_OK)) return;
    expect(index_writer_add(&scene.task, scene.writer, &other, 1) == ERR_OK);
    abi_version = 1;
    batch_begin();
    for (uint32_t i = 0; i < EVENTS; i++) {
        struct block_ref block = block_of(i / 10, 0, 0);
        batch_add_event(&block, i % 10 * 2, token_of(1), 1 + i % 2, data, i == 7 ? LONG : 1);
        batch_add_event(&block, i % 10 * 2 + 1, token_of(2), 1, data, 1);
    }
    struct index_stream both[] = {stream, other};
    expect(append(both, 2, 0, 99) == ERR_OK);
    abi_version = 2;
}

static void read_anew(void) {
    const address contract = token_of(1);
    struct index_stale stale;
    struct index_place at;
    fill_stale();
    unsigned pieces = 0;
    for (bool done = false; !done && pieces < 9; pieces++) {
        if (!expect(index_writer_stale(&scene.task, scene.writer, &stale, &contract, 2, pieces > 0 ? &at : NULL, 100) ==
                    ERR_OK)) {
            return;
        }
        for (size_t i = 0; i < stale.n; i++) {
            const struct event_log *log = &stale.events[i];
            expect(address_equal(&log->contract, &contract) && log->place.log_index % 2 == 0);
            expect(log->data_len == LONG ? log->data == NULL : log->data_len == 1 && log->data != NULL);
        }
        done = stale.done;
        at = stale.looked_at;
        expect(index_writer_decoded(&scene.task, scene.writer, &contract, stale.events, stale.n, &event_reader,
                                    done ? 2 : 0) == ERR_OK);
        expect(sql_is("SELECT decoded FROM streams WHERE get_byte(token, 19) = 1", done ? "2" : "0"));
    }
    expect(pieces == 3);
    expect(sql_is("SELECT count(*) FROM contract_events WHERE abi_version = 2 AND get_byte(address, 19) = 1", "450"));
    expect(sql_is("SELECT count(*) FROM contract_events WHERE abi_version = 1 AND get_byte(address, 19) = 2", "450"));
    /* all of it is passed over, with nothing to do */
    expect(index_writer_stale(&scene.task, scene.writer, &stale, &contract, 2, NULL, 100) == ERR_OK);
    expect(stale.n == 0 && !stale.done && stale.looked_at.block_number == 19 && stale.looked_at.log_index == 18);
    expect(sql_is("SELECT decoded FROM streams WHERE get_byte(token, 19) = 2", "0"));
    expect(load().streams[0].decoded == 2 || load().streams[1].decoded == 2);
}

static void nothing_is_stale(void) {
    const address contract = token_of(3);
    struct index_stale stale;
    fill_stale();
    expect(index_writer_stale(&scene.task, scene.writer, &stale, &contract, 2, NULL, 100) == ERR_OK);
    expect(stale.n == 0 && stale.done);
}

TEST(test_rows_are_what_was_given, rows_as_written)
TEST(test_data_may_be_as_long_as_a_reply, long_data)
TEST(test_both_kinds_move_and_go_back_with_one_tip, live_together)
TEST(test_blocks_with_events_are_kept, blocks_of_events_stay)
TEST(test_blocks_of_both_kinds_come_together, several_blocks)
TEST(test_kinds_are_fenced, kinds_are_fenced)
TEST(test_kinds_are_retired_apart, retired_apart)
TEST(test_a_contract_that_begins_earlier_is_read_anew, begun_anew)
TEST(test_the_scope_is_chosen_with_the_first_token, scopes)
TEST(test_old_events_are_read_anew_in_pieces, read_anew)
TEST(test_nothing_to_be_read_anew, nothing_is_stale)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_what_was_given),
        cmocka_unit_test(test_data_may_be_as_long_as_a_reply),
        cmocka_unit_test(test_both_kinds_move_and_go_back_with_one_tip),
        cmocka_unit_test(test_blocks_with_events_are_kept),
        cmocka_unit_test(test_blocks_of_both_kinds_come_together),
        cmocka_unit_test(test_kinds_are_fenced),
        cmocka_unit_test(test_kinds_are_retired_apart),
        cmocka_unit_test(test_a_contract_that_begins_earlier_is_read_anew),
        cmocka_unit_test(test_the_scope_is_chosen_with_the_first_token),
        cmocka_unit_test(test_old_events_are_read_anew_in_pieces),
        cmocka_unit_test(test_nothing_to_be_read_anew),
    };
    return cmocka_run_group_tests(tests, make_schema, remove_schema);
}
