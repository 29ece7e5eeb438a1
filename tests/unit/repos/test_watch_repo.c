/* Watched calls and what is shown of their answers, against a PostgreSQL of the test's own, and how PostgreSQL answers
 * each statement where there is much. Each test has a schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"
#include "plans.h"
#include "repos/watch_repo.h"

enum { CHAIN = 31337, CROWD = 6, LIMIT = 3, TIP = 20, MANY = 2000, MAX_READ = 4 * 51 };

static const struct watch_limits limits = {LIMIT, LIMIT + 1};
static const char args[] = "[\"1\"]", call_data[] = "\x01\x02\x03\x04", event[] = "E()";
static struct audit_actor admin;
static address contract, other;
static size_t n_created, n_refused;
static uint8_t n_made;

static int reset(void **state) {
    int result = accounts_reset(state);
    admin = (struct audit_actor){.user = &user_1, .request_id = "r-1"};
    contract = address_of(1);
    other = address_of(2);
    n_created = n_refused = 0;
    (void)ask(
        "INSERT INTO contracts (chain_id, address, abi, version, proxy, events, created_at, updated_at)"
        " SELECT %d, decode(lpad(to_hex(n), 2, '0') || '00ad' || repeat('00', 17), 'hex'), '[]', 1, false, n < 3, 0,"
        " 0 FROM generate_series(1, 3) n",
        CHAIN);
    (void)ask("INSERT INTO chains (chain_id, scope, partition_blocks, tip_number, tip_hash, tip_timestamp)"
              " VALUES (%d, 'named', 100, %d, sha256('tip'), 1000)",
              CHAIN, TIP);
    return result;
}

/* In: call, its only byte that differs. */
static struct watch watch_of(const address *of, char call, bool by_event) {
    static char calls[256][sizeof call_data];
    char *data = calls[(uint8_t)call];
    const uuid id = {.bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, ++n_made}}; /* in this order */
    memcpy(data, call_data, sizeof call_data);
    data[4] = call;
    return (struct watch){.id = id,
                          .contract = *of,
                          .signature = "function f(uint256) view returns (uint256)",
                          .args = args,
                          .args_len = sizeof args - 1,
                          .data = (const uint8_t *)data,
                          .data_len = sizeof call_data,
                          .event = by_event ? event : NULL,
                          .event_topic = {{7}}};
}

static enum err create(struct task *task, struct watch *out, bool *created, const struct watch *what) {
    return watch_repo_create(task, out, created, what, CHAIN, &limits, &admin);
}

static bool same(const struct watch *a, const struct watch *b) {
    return uuid_equal(&a->id, &b->id) && address_equal(&a->contract, &b->contract) &&
           strcmp(a->signature, b->signature) == 0 && a->args_len == b->args_len &&
           memcmp(a->args, b->args, a->args_len) == 0 && a->data_len == b->data_len &&
           memcmp(a->data, b->data, a->data_len) == 0 && (a->event == NULL) == (b->event == NULL) &&
           (a->event == NULL || (strcmp(a->event, b->event) == 0 && hash32_equal(&a->event_topic, &b->event_topic)));
}

static void create_and_delete(struct actor *actor) {
    struct task *task = &actor->task;
    const struct watch first = watch_of(&contract, 1, false), second = watch_of(&contract, 1, true);
    struct watch out, *list;
    bool created;
    size_t n;
    expect(create(task, &out, &created, &first) == ERR_OK && created && same(&out, &first));
    expect(out.created_at > 100);
    expect(create(task, &out, &created, &second) == ERR_OK && created && same(&out, &second));
    struct watch again = watch_of(&contract, 1, false);
    expect(create(task, &out, &created, &again) == ERR_OK && !created && same(&out, &first));
    again = watch_of(&contract, 1, true);
    expect(create(task, &out, &created, &again) == ERR_OK && !created && same(&out, &second));
    expect(watch_repo_list(task, &list, &n, CHAIN, &contract) == ERR_OK && n == 2);
    expect(same(&list[0], &first) && same(&list[1], &second));
    expect(watch_repo_list(task, &list, &n, CHAIN, &other) == ERR_OK && n == 0);
    expect(watch_repo_delete(task, CHAIN, &other, &first.id, &admin) == ERR_WATCH_NOT_FOUND);
    expect(watch_repo_delete(task, CHAIN + 1, &contract, &first.id, &admin) == ERR_WATCH_NOT_FOUND);
    expect(watch_repo_delete(task, CHAIN, &contract, &first.id, &admin) == ERR_OK);
    expect(watch_repo_delete(task, CHAIN, &contract, &first.id, &admin) == ERR_WATCH_NOT_FOUND);
    expect(watch_repo_list(task, &list, &n, CHAIN, &contract) == ERR_OK && n == 1 && same(&list[0], &second));
}

static void test_a_watch_is_one_call_at_one_event(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_and_delete, 1);
    assert_string_equal(audit_log("watch"), "contract.watch;contract.watch;contract.unwatch");
    assert_int_equal(count("audit WHERE subject IS NOT NULL AND contract IS NOT NULL AND chain_id = 31337"), 3);
}

static void refuse(struct actor *actor) {
    struct task *task = &actor->task;
    const address quiet = address_of(3), nobody = address_of(9);
    struct watch what = watch_of(&quiet, 1, false), out;
    bool created;
    expect(create(task, &out, &created, &what) == ERR_INVALID_PARAMETER);
    what.contract = nobody;
    expect(create(task, &out, &created, &what) == ERR_CONTRACT_NOT_FOUND);
    for (char i = 0; i < LIMIT; i++) {
        what = watch_of(&contract, i, false);
        expect(create(task, &out, &created, &what) == ERR_OK && created);
    }
    what = watch_of(&contract, LIMIT, false);
    expect(create(task, &out, &created, &what) == ERR_LIMIT_REACHED);
    what = watch_of(&contract, 0, false);
    expect(create(task, &out, &created, &what) == ERR_OK && !created);
    what = watch_of(&other, 0, false);
    expect(create(task, &out, &created, &what) == ERR_OK && created);
    what = watch_of(&other, 1, false);
    expect(create(task, &out, &created, &what) == ERR_LIMIT_REACHED);
}

static void test_what_may_not_be_watched_is_refused(void **state) {
    (void)state;
    scene_play(&accounts_pool, refuse, 1);
    assert_int_equal(count("watches"), LIMIT + 1);
}

static void create_at_once(struct actor *actor) {
    const struct watch what = watch_of(&contract, (char)actor->i, false), twin = watch_of(&contract, 0, false);
    struct watch out;
    bool created;
    enum err err = create(&actor->task, &out, &created, &what);
    expect(err == ERR_OK || err == ERR_LIMIT_REACHED);
    n_created += err == ERR_OK && created;
    n_refused += err == ERR_LIMIT_REACHED;
    err = create(&actor->task, &out, &created, &twin);
    expect(err == ERR_OK || err == ERR_LIMIT_REACHED);
}

static void test_many_at_once_make_no_more_than_there_may_be(void **state) {
    (void)state;
    scene_play(&accounts_pool, create_at_once, CROWD);
    assert_int_equal(count("watches"), LIMIT);
    assert_true(n_created <= LIMIT && n_refused >= CROWD - LIMIT - 1);
    assert_int_equal(count("(SELECT DISTINCT data FROM watches) d"), LIMIT);
}

/* --- what the indexer reads --- */

static void list_all(struct actor *actor) {
    struct task *task = &actor->task;
    struct watch what = watch_of(&contract, 1, true), elsewhere = watch_of(&other, 1, false), out, *all;
    char before[WATCH_PRINT_BYTES], after[WATCH_PRINT_BYTES];
    struct pg_session *session;
    bool created;
    size_t n;
    expect(create(task, &out, &created, &what) == ERR_OK && create(task, &out, &created, &elsewhere) == ERR_OK);
    expect(pg_lease(task, &session) == ERR_OK);
    expect(watch_repo_all(task, session, &all, &n, CHAIN) == ERR_OK && n == 2 && same(&all[0], &what));
    expect(watch_repo_all(task, session, &all, &n, CHAIN + 1) == ERR_OK && n == 0);
    expect(watch_repo_print(task, session, before, CHAIN) == ERR_OK);
    expect(watch_repo_print(task, session, after, CHAIN) == ERR_OK && strcmp(before, after) == 0);
    (void)ask("UPDATE contracts SET events = false WHERE address = '\\x0200ad0000000000000000000000000000000000'");
    expect(watch_repo_print(task, session, after, CHAIN) == ERR_OK && strcmp(before, after) != 0);
    expect(watch_repo_all(task, session, &all, &n, CHAIN) == ERR_OK && n == 1 && same(&all[0], &what));
    pg_release(task, session);
}

static void test_the_indexer_sees_what_is_to_be_read(void **state) {
    (void)state;
    scene_play(&accounts_pool, list_all, 1);
}

/* --- states --- */

/* One watch of every block, read in 5 to 8 and 11 to 20; one by event, which is in 6, 9, 12 and 15, read in all but 12.
 */
static void fill_states(const struct watch *everywhere, const struct watch *by_event) {
    char a[UUID_TEXT_BYTES], b[UUID_TEXT_BYTES];
    (void)uuid_format(a, &everywhere->id);
    (void)uuid_format(b, &by_event->id);
    (void)ask(
        "INSERT INTO watch_states SELECT id::uuid, f, l, sha256(f::text::bytea), 100 * f, r, v::bytea FROM (VALUES"
        " ('%s', 5, 7, false, 'a'), ('%s', 8, 8, true, 'b'), ('%s', 11, 20, false, 'c'),"
        " ('%s', 6, 9, false, 'd'), ('%s', 15, 15, false, 'e')) AS s (id, f, l, r, v)",
        a, a, a, b, b);
    (void)ask(
        "INSERT INTO contract_events (chain_id, block_number, log_index, address, tx_hash, topic0, data, abi_version)"
        " SELECT w.chain_id, n, 0, w.address, sha256('t'), w.event_topic, '', 0"
        " FROM watches w, unnest(ARRAY[6, 9, 12, 15]) n WHERE w.id = '%s';"
        "INSERT INTO streams (chain_id, kind, token, start_block, next_block, live)"
        " SELECT w.chain_id, 1, w.address, 0, 21, true FROM watches w WHERE w.id = '%s'",
        b, b);
}

/* What is known at a block, as its value and where it was read; 0 where nothing is. */
static struct {
    uint64_t block;
    char everywhere;
    char by_event;
    uint64_t read;
} const known[] = {
    {4, 0, 0, 0},    {5, 'a', 0, 0},  {6, 'a', 'd', 6},   {8, 'b', 'd', 6},   {9, 0, 'd', 9}, {11, 'c', 'd', 9},
    {12, 'c', 0, 0}, {14, 'c', 0, 0}, {15, 'c', 'e', 15}, {20, 'c', 'e', 15}, {21, 0, 0, 0},
};

static bool is_state(const struct watch_state *state, char value, uint64_t read) {
    if (value == 0) return !state->known;
    return state->known && state->data_len == 1 && state->data[0] == value && state->read == read &&
           state->reverted == (value == 'b') && state->first.timestamp == 100 * state->first.number;
}

static void ask_states(struct task *task, const struct watch *everywhere, const struct watch *by_event) {
    struct watch_page page;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        expect(watch_repo_states(task, &page, CHAIN, &contract, NULL, &known[i].block) == ERR_OK);
        expect(page.has_tip && page.block.number == TIP && page.n_rows == 2);
        expect(uuid_equal(&page.rows[0].watch.id, &everywhere->id));
        expect(is_state(&page.rows[0].state, known[i].everywhere, known[i].block));
        expect(is_state(&page.rows[1].state, known[i].by_event, known[i].read));
    }
    expect(watch_repo_states(task, &page, CHAIN, &contract, NULL, NULL) == ERR_OK && page.n_rows == 2);
    expect(is_state(&page.rows[0].state, 'c', 20) && is_state(&page.rows[1].state, 'e', 15));
    expect(watch_repo_states(task, &page, CHAIN, &contract, &by_event->id, NULL) == ERR_OK && page.n_rows == 1);
    expect(strcmp(page.rows[0].watch.event, event) == 0);
    expect(watch_repo_states(task, &page, CHAIN, &other, &by_event->id, NULL) == ERR_OK && page.n_rows == 0);
    expect(watch_repo_states(task, &page, CHAIN + 1, &contract, NULL, NULL) == ERR_OK && !page.has_tip);
    (void)ask("UPDATE streams SET live = false");
    const uint64_t late = 18, read = 15;
    expect(watch_repo_states(task, &page, CHAIN, &contract, &by_event->id, &late) == ERR_OK && page.n_rows == 1);
    expect(is_state(&page.rows[0].state, 0, 0)); /* there may have been events since */
    expect(watch_repo_states(task, &page, CHAIN, &contract, &by_event->id, &read) == ERR_OK && page.n_rows == 1);
    expect(is_state(&page.rows[0].state, 'e', 15));
}

static void ask_history(struct task *task, const uuid *id) {
    struct watch_history history;
    expect(watch_repo_history(task, &history, CHAIN, &contract, id, NULL, 2) == ERR_OK && history.found);
    expect(history.n_states == 2 && history.more && history.block.number == TIP);
    expect(is_state(&history.states[0], 'c', 20) && history.states[0].first.number == 11);
    expect(is_state(&history.states[1], 'b', 8) && history.states[1].last == 8);
    struct watch_place after = {history.states[1].first.number, history.states[1].first.hash};
    expect(watch_repo_history(task, &history, CHAIN, &contract, id, &after, 2) == ERR_OK);
    expect(history.n_states == 1 && !history.more && !history.place_moved && is_state(&history.states[0], 'a', 7));
    after.first_hash.bytes[0] ^= 1;
    expect(watch_repo_history(task, &history, CHAIN, &contract, id, &after, 2) == ERR_OK && history.place_moved);
    expect(watch_repo_history(task, &history, CHAIN, &other, id, NULL, 2) == ERR_OK && history.has_tip);
    expect(!history.found);
    (void)ask("UPDATE watch_states SET data = decode(repeat('ab', 600000), 'hex')");
    expect(watch_repo_history(task, &history, CHAIN, &contract, id, NULL, 10) == ERR_OK);
    expect(history.n_states == 2 && history.more); /* WATCH_PAGE_BYTES */
}

static void show(struct actor *actor) {
    struct task *task = &actor->task;
    const struct watch everywhere = watch_of(&contract, 1, false), by_event = watch_of(&contract, 1, true);
    struct watch_history history;
    struct watch out;
    bool created;
    expect(create(task, &out, &created, &everywhere) == ERR_OK && create(task, &out, &created, &by_event) == ERR_OK);
    expect(watch_repo_history(task, &history, CHAIN, &contract, &by_event.id, NULL, 2) == ERR_OK && history.found);
    expect(history.n_states == 0 && !history.more);
    fill_states(&everywhere, &by_event);
    ask_states(task, &everywhere, &by_event);
    ask_history(task, &everywhere.id);
}

static void test_states_are_shown_as_far_as_they_are_known(void **state) {
    (void)state;
    scene_play(&accounts_pool, show, 1);
}

/* --- plans --- */

#define A_WATCH "'01890000-0000-7000-8000-000000000001'"
#define A_CONTRACT "'\\x0100ad0000000000000000000000000000000000'"
#define A_USER "1, " A_WATCH ", NULL, NULL, 31337, " A_CONTRACT
#define LATEST "9223372036854775807"

static const struct asked asked[] = {
    {"watch_repo_lock", "31337, " A_CONTRACT, false, false},
    {"watch_repo_find", "31337, " A_CONTRACT ", 'call', NULL", false, false},
    {"watch_repo_count", "31337, " A_CONTRACT, true, false},
    {"watch_repo_create", A_USER ", '01890000-0000-7000-8000-0000000000ff', 'function f()', '[]', 'new', NULL, NULL",
     false, false},
    {"watch_repo_list", "31337, " A_CONTRACT, false, true},
    {"watch_repo_delete", A_USER ", " A_WATCH, true, false},
    {"watch_repo_print", "31337", true, true},
    {"watch_repo_all", "31337", true, true},
    {"watch_repo_states", "31337, " A_CONTRACT ", NULL, NULL", false, true},
    {"watch_repo_states", "31337, " A_CONTRACT ", " A_WATCH ", 1000", false, true},
    {"watch_repo_history", "31337, " A_CONTRACT ", " A_WATCH ", " LATEST ", NULL, 51", false, true},
    {"watch_repo_history", "31337, " A_CONTRACT ", " A_WATCH ", 1000, NULL, 51", false, true},
};
enum { N_ASKED = sizeof asked / sizeof *asked };

/* Ten watches of each contract on many chains, those of one with much history. */
static void test_indexes_alone_are_read(void **state) {
    static const char *const repos[] = {"watch_repo", NULL};
    (void)state;
    (void)ask(
        "UPDATE chains SET tip_number = %d;"
        "INSERT INTO contracts (chain_id, address, abi, version, proxy, events, created_at, updated_at)"
        " SELECT CASE WHEN n <= 90 THEN 31337 ELSE n %% 50 END, decode(md5(n::text) || '00000000', 'hex'), '[]', 1,"
        " false, true, 0, 0 FROM generate_series(1, 1500) n;"
        "INSERT INTO watches SELECT md5(c.id || ' ' || n)::uuid, c.chain_id, c.address, 'function f()', '[]',"
        " ('call' || n)::bytea, NULL, NULL, 0 FROM contracts c, generate_series(1, 10) n;"
        "UPDATE watches SET id = " A_WATCH " WHERE address = " A_CONTRACT " AND data = 'call1';"
        "INSERT INTO watch_states SELECT w.id, n, n, sha256('h'), n, false, 'x'"
        " FROM watches w, generate_series(1, %d) n WHERE w.address = " A_CONTRACT,
        MANY, MANY);
    (void)sql(conn, "VACUUM ANALYZE");
    (void)sql(conn, "SET plan_cache_mode = force_generic_plan");
    assert_true(assert_all_asked(repos, asked, N_ASKED) >= 10);
    assert_plans(conn, asked, N_ASKED, MAX_READ);
    (void)sql(conn, "RESET plan_cache_mode");
}

#define watch_test(test) cmocka_unit_test_setup(test, reset)

int main(void) {
    const struct CMUnitTest tests[] = {
        watch_test(test_a_watch_is_one_call_at_one_event),
        watch_test(test_what_may_not_be_watched_is_refused),
        watch_test(test_many_at_once_make_no_more_than_there_may_be),
        watch_test(test_the_indexer_sees_what_is_to_be_read),
        watch_test(test_states_are_shown_as_far_as_they_are_known),
        watch_test(test_indexes_alone_are_read),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
