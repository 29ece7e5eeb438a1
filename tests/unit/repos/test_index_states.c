/* What watched calls answered, on its way into their history: how rows grow, end and are taken back. The rows are held
 * against what was handed over by SQL of the test's own.
 * Owns a server for the run, and a database for each test. */
#include "index_fixture.h"

#define EVERYWHERE "01890000-0000-7000-8000-000000000001"
#define BY_EVENT "01890000-0000-7000-8000-000000000002"

enum {
    CONTRACT = 1,
    STATES_MAX = 32,
    NONE = 100,  /* no answer of the watch of every block; no event for the other one */
    MISSED = 101 /* an event, and no answer */
};

static struct index_state states[STATES_MAX];
static struct event_log logs[STATES_MAX];

/* Rows as "first-last value", in order. */
#define ROWS_OF(id) \
    "SELECT coalesce(string_agg(first_block || '-' || last_block || ' ' || CASE WHEN reverted THEN '!' ELSE '' END" \
    " || encode(data, 'hex'), ', ' ORDER BY first_block), '') FROM watch_states WHERE watch_id = '" id "'"

static void read_nothing(void *arg, struct event_reading *out, const struct event_log *log) {
    (void)arg;
    (void)log;
    *out = (struct event_reading){.name = NULL};
}

static uuid id_of(const char *text) {
    uuid id = {{0}};
    expect(uuid_parse(&id, text, strlen(text)) == ERR_OK);
    return id;
}

/* The chain stands at block 9; two calls are watched. */
static bool begin(void) {
    char text[1024];
    (void)snprintf(
        text, sizeof text,
        "INSERT INTO contracts (chain_id, address, abi, version, proxy, events, created_at, updated_at)"
        " VALUES (%d, '\\xee00000000000000000000000000000000000001', '[]', 1, false, true, 0, 0);"
        "INSERT INTO watches SELECT id::uuid, %d, '\\xee00000000000000000000000000000000000001', 'function f()',"
        " '[]', 'call', event, sha256(event::bytea), 0"
        " FROM (VALUES ('" EVERYWHERE "', NULL), ('" BY_EVENT "', 'E()')) AS w (id, event)",
        TEST_CHAIN, TEST_CHAIN);
    if (!begin_at_ten()) return false;
    (void)sql(text);
    return sql_is("SELECT count(*) FROM watches", "2");
}

static hash32 topic(void) {
    hash32 hash = {{0}};
    const char *hex = sql("SELECT encode(sha256('E()'), 'hex')");
    for (size_t i = 0; i < sizeof hash.bytes; i++) {
        unsigned byte = 0;
        (void)sscanf(hex + 2 * i, "%2x", &byte);
        hash.bytes[i] = (uint8_t)byte;
    }
    return hash;
}

static const uint8_t values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static void add_state(const char *id, const struct block_ref *block, int value) {
    states[made.batch.n_states++] = (struct index_state){
        .watch = id_of(id), .block = block, .reverted = value < 0, .data = &values[abs(value)], .data_len = 1};
}

/* One more block of the batch. In: value, what the watch of every block answers there, negative where it reverts;
 * event, the same of the one by event. */
static void add_block(uint64_t number, uint8_t fork, uint8_t parent_fork, int value, int event) {
    static const struct event_reader reader = {.read = read_nothing};
    struct block_ref *block = &made.blocks[made.batch.n_blocks++];
    *block = block_of(number, fork, parent_fork);
    made.batch.states = states;
    made.batch.events = logs;
    made.batch.reader = &reader;
    if (value != NONE) add_state(EVERYWHERE, block, value);
    if (event == NONE) return;
    logs[made.batch.n_events++] = (struct event_log){
        .place = place_in(block, 50), .contract = token_of(CONTRACT), .topics = {topic()}, .n_topics = 1};
    if (event != MISSED) add_state(BY_EVENT, block, event);
}

static bool write_batch(void) {
    return expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_OK);
}

static bool write_one(uint64_t number, uint8_t fork, uint8_t parent_fork, int value, int event) {
    batch_begin();
    add_block(number, fork, parent_fork, value, event);
    return write_batch();
}

static void grow(void) {
    if (!begin()) return;
    expect(write_one(10, 0, 0, 1, 5));
    expect(write_one(11, 0, 0, 1, NONE));
    batch_begin(); /* several blocks in one transaction */
    add_block(12, 0, 0, 1, 5);
    add_block(13, 0, 0, 2, NONE);
    add_block(14, 0, 0, -2, 6);
    expect(write_batch());
    expect(write_one(15, 0, 0, -2, 6));
    expect(sql_is(ROWS_OF(EVERYWHERE), "10-12 01, 13-13 02, 14-15 !02"));
    expect(sql_is(ROWS_OF(BY_EVENT), "10-12 05, 14-15 06"));
    expect(sql_is("SELECT encode(first_hash, 'hex') || first_time FROM watch_states WHERE first_block = 13",
                  "000000000000000000000000000000000000000000000000000000000000000d1700000156"));
}
TEST(test_equal_answers_are_one_row_and_others_a_new_one, grow)

static void miss(void) {
    if (!begin()) return;
    expect(write_one(10, 0, 0, 1, 5));
    expect(write_one(11, 0, 0, NONE, MISSED));
    expect(write_one(12, 0, 0, 1, 5));
    expect(write_one(13, 0, 0, 1, NONE));
    expect(write_one(14, 0, 0, 1, 5));
    expect(sql_is(ROWS_OF(EVERYWHERE), "10-10 01, 12-14 01"));
    expect(sql_is(ROWS_OF(BY_EVENT), "10-10 05, 12-14 05"));
}
TEST(test_a_block_that_was_not_read_ends_a_row, miss)

static void take_back(void) {
    if (!begin()) return;
    expect(write_one(10, 0, 0, 1, 5));
    expect(write_one(11, 0, 0, 1, NONE));
    expect(write_one(12, 0, 0, 1, 5));
    expect(write_one(13, 0, 0, 2, 6));
    const struct block_ref ancestor = block_of(11, 0, 0);
    expect(index_writer_rollback(&scene.task, scene.writer, &ancestor) == ERR_OK);
    expect(sql_is(ROWS_OF(EVERYWHERE), "10-11 01"));
    expect(sql_is(ROWS_OF(BY_EVENT), "10-10 05")); /* the last block that it was read in */
    expect(write_one(12, 1, 0, 1, NONE));
    expect(write_one(13, 1, 1, 3, 5));
    expect(sql_is(ROWS_OF(EVERYWHERE), "10-12 01, 13-13 03"));
    expect(sql_is(ROWS_OF(BY_EVENT), "10-13 05"));
    expect(sql_is("SELECT encode(first_hash, 'hex') FROM watch_states WHERE first_block = 13",
                  "010000000000000000000000000000000000000000000000000000000000000d"));
}
TEST(test_a_rollback_cuts_rows_and_removes_those_behind, take_back)

static void gone(void) {
    if (!begin()) return;
    expect(write_one(10, 0, 0, 1, 5));
    (void)sql("DELETE FROM watches WHERE id = '" EVERYWHERE "'");
    expect(write_one(11, 0, 0, 1, 5));
    expect(sql_is(ROWS_OF(EVERYWHERE), ""));
    PGconn *deleting = PQconnectdb(scene.url);
    (void)sql_on(deleting, "BEGIN");
    (void)sql_on(deleting, "DELETE FROM watches");
    expect(write_one(12, 0, 0, 1, 5)); /* nobody waits for whoever deletes it */
    (void)sql_on(deleting, "ROLLBACK");
    PQfinish(deleting);
    expect(sql_is(ROWS_OF(BY_EVENT), "10-11 05"));
    expect(write_one(13, 0, 0, 1, 5));
    expect(sql_is(ROWS_OF(BY_EVENT), "10-11 05, 13-13 05"));
}
TEST(test_a_watch_that_is_deleted_holds_nothing_up, gone)

static void fail_as_a_whole(void) {
    if (!begin()) return;
    expect(write_one(10, 0, 0, 1, 5));
    batch_begin();
    add_block(11, 0, 0, 2, 6);
    (void)sql("ALTER TABLE blocks ADD CONSTRAINT none CHECK (number <> 11)");
    expect(index_writer_follow(&scene.task, scene.writer, &made.batch, NULL) == ERR_INTERNAL);
    expect(sql_is(ROWS_OF(EVERYWHERE), "10-10 01"));
    expect(sql_is(ROWS_OF(BY_EVENT), "10-10 05"));
}
TEST(test_states_are_written_with_their_block_or_not_at_all, fail_as_a_whole)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_answers_are_one_row_and_others_a_new_one),
        cmocka_unit_test(test_a_block_that_was_not_read_ends_a_row),
        cmocka_unit_test(test_a_rollback_cuts_rows_and_removes_those_behind),
        cmocka_unit_test(test_a_watch_that_is_deleted_holds_nothing_up),
        cmocka_unit_test(test_states_are_written_with_their_block_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, make_schema, remove_schema);
}
