/* Transactions and their lives, against a PostgreSQL of the test's own. Each test has a schema, a reactor and a pool.
 * Owns a PostgreSQL. Runs on one thread, besides libuv's own. */
#include "accounts.h"
#include "repos/transaction_repo.h"

enum { CHAIN = 7, CROWD = 6 };

static const uint8_t raw[] = {0xf8, 1, 2, 3}, other_raw[] = {0xf8, 9};
static size_t n_fresh, n_moved;

static int reset(void **state) {
    n_fresh = n_moved = 0;
    return accounts_reset(state);
}

static struct kept_tx tx_of(uint8_t n) {
    return (struct kept_tx){.chain_id = CHAIN,
                            .hash = {{n, 0xbe}},
                            .type = 2,
                            .sender = address_of(n),
                            .nonce = 40U + n,
                            .to = address_of(99),
                            .value = u256_from_u64(1000U + n),
                            .raw = raw,
                            .raw_len = sizeof raw};
}

static bool accept_one(struct task *task, const struct kept_tx *what, struct kept_tx *out) {
    bool fresh = false;
    expect(transaction_repo_accept(task, out, &fresh, what) == ERR_OK);
    return fresh;
}

static const struct kept_tx_block block_1 = {
    .number = 100, .hash = {{0xb1}}, .timestamp = 1000, .index = 3, .gas_used = 21000, .gas_price = {{7}}};
static const struct kept_tx_block block_2 = {
    .number = 100, .hash = {{0xb2}}, .timestamp = 1001, .index = 0, .gas_used = 30000, .gas_price = {{8}}};

static struct kept_tx_move move_of(uint8_t n, enum kept_tx_state from, const struct kept_tx_block *from_block,
                                   enum kept_tx_state to, const struct kept_tx_block *to_block, const char *step) {
    return (struct kept_tx_move){.chain_id = CHAIN,
                                 .hash = tx_of(n).hash,
                                 .from = from,
                                 .from_block = from_block,
                                 .to = to,
                                 .to_block = to_block,
                                 .step = step};
}

static bool move_it(struct task *task, const struct kept_tx_move *move) {
    bool moved = false;
    expect(transaction_repo_move(task, NULL, &moved, move) == ERR_OK);
    return moved;
}

/* The steps of one life by SQL: each with its reason and the first byte of its block's hash. */
static const char *life(uint8_t n) {
    return ask("SELECT string_agg(step || coalesce(' ' || reason, '') || coalesce(' ' || block_number || '/'"
               " || get_byte(block_hash, 0), ''), ';' ORDER BY id) FROM transaction_steps"
               " WHERE chain_id = %d AND get_byte(hash, 0) = %u",
               CHAIN, n);
}

static void accept_and_get(struct actor *actor) {
    struct task *task = &actor->task;
    struct kept_tx what = tx_of(1), creation = tx_of(2), out, found;
    creation.creates = true;
    expect(accept_one(task, &what, &out) && out.id > 0 && out.state == KEPT_TX_ACCEPTED && out.raw == NULL);
    expect(accept_one(task, &creation, &out) && out.creates && address_equal(&out.to, &creation.to));
    expect(transaction_repo_get(task, &found, CHAIN, &what.hash) == ERR_OK);
    expect(hash32_equal(&found.hash, &what.hash) && address_equal(&found.sender, &what.sender) && found.nonce == 41);
    expect(found.type == 2 && !found.creates && address_equal(&found.to, &what.to) && found.chain_id == CHAIN);
    expect(u256_cmp(&found.value, &what.value) == 0 && found.state == KEPT_TX_ACCEPTED && !found.final);
    expect(found.reason == NULL && found.revert_data == NULL && !found.has_replaced_by && found.sent_at == 0);
    expect(found.created_at > 1600000000 && found.updated_at == found.created_at);
    expect(found.raw_len == sizeof raw && memcmp(found.raw, raw, sizeof raw) == 0);
    expect(transaction_repo_get(task, &found, CHAIN + 1, &what.hash) == ERR_TRANSACTION_NOT_FOUND);
    what.hash.bytes[31] = 1;
    expect(transaction_repo_get(task, &found, CHAIN, &what.hash) == ERR_TRANSACTION_NOT_FOUND);
}

static void test_what_is_accepted_is_found_as_it_was(void **state) {
    (void)state;
    scene_play(&accounts_pool, accept_and_get, 1);
    assert_string_equal(life(1), "accepted");
    assert_string_equal(ask("SELECT encode(contract, 'hex') FROM transactions WHERE to_address IS NULL"),
                        "6300ad0000000000000000000000000000000000");
}

static void accept_the_same(struct actor *actor) {
    struct kept_tx what = tx_of(1), out;
    if (accept_one(&actor->task, &what, &out)) n_fresh++;
    expect(out.state == KEPT_TX_ACCEPTED && out.id == 1);
}

static void test_one_is_accepted_once_however_many_hand_it_over(void **state) {
    (void)state;
    scene_play(&accounts_pool, accept_the_same, CROWD);
    assert_int_equal(n_fresh, 1);
    assert_int_equal(count("transactions"), 1);
    assert_string_equal(life(1), "accepted");
}

static void begin_anew(struct actor *actor) {
    static const enum kept_tx_state ends[] = {KEPT_TX_REFUSED, KEPT_TX_DROPPED};
    struct task *task = &actor->task;
    struct kept_tx what = tx_of(1), out;
    expect(accept_one(task, &what, &out));
    for (size_t i = 0; i < 2; i++) {
        struct kept_tx_move move = move_of(1, KEPT_TX_ACCEPTED, NULL, ends[i], NULL, kept_tx_state_name(ends[i]));
        move.reason = "fee_too_low";
        move.sent = move.final = true;
        expect(move_it(task, &move) && transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_OK);
        expect(strcmp(out.reason, "fee_too_low") == 0 && out.sent_at >= out.created_at && out.final);
        what.raw = other_raw;
        what.raw_len = sizeof other_raw;
        expect(accept_one(task, &what, &out) && out.state == KEPT_TX_ACCEPTED && out.reason == NULL);
        expect(!out.final && out.sent_at == 0 && transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_OK);
        expect(out.raw_len == sizeof other_raw && !accept_one(task, &what, &out));
    }
    struct kept_tx_move move = move_of(1, KEPT_TX_ACCEPTED, NULL, KEPT_TX_REPLACED, NULL, "replaced");
    expect(move_it(task, &move) && !accept_one(task, &what, &out) && out.state == KEPT_TX_REPLACED);
}

static void test_what_was_refused_or_dropped_begins_anew(void **state) {
    (void)state;
    scene_play(&accounts_pool, begin_anew, 1);
    assert_string_equal(life(1), "accepted;refused fee_too_low;accepted;dropped fee_too_low;accepted;replaced");
}

static void live(struct actor *actor) {
    static const uint8_t revert[] = {8, 0xc3, 0x79, 0xa0};
    struct task *task = &actor->task;
    struct kept_tx what = tx_of(1), out;
    expect(accept_one(task, &what, &out));
    struct kept_tx_move move = move_of(1, KEPT_TX_ACCEPTED, NULL, KEPT_TX_PENDING, NULL, "pending");
    expect(move_it(task, &move) && !move_it(task, &move));
    move = move_of(1, KEPT_TX_PENDING, NULL, KEPT_TX_REVERTED, &block_1, "reverted");
    move.revert_data = revert;
    move.revert_len = sizeof revert;
    expect(move_it(task, &move) && transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_OK);
    expect(out.state == KEPT_TX_REVERTED && out.block.number == 100 && hash32_equal(&out.block.hash, &block_1.hash));
    expect(out.block.timestamp == 1000 && out.block.index == 3 && out.block.gas_used == 21000);
    expect(u256_cmp(&out.block.gas_price, &block_1.gas_price) == 0 && out.revert_len == 4 &&
           out.revert_data[1] == 0xc3);
    move = move_of(1, KEPT_TX_REVERTED, &block_2, KEPT_TX_PENDING, NULL, "reorged");
    expect(!move_it(task, &move));
    move.from_block = &block_1;
    expect(move_it(task, &move) && transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_OK);
    expect(out.revert_data == NULL && out.block.number == 0);
    move = move_of(1, KEPT_TX_PENDING, NULL, KEPT_TX_REVERTED, &block_2, "reverted");
    move.revert_data = revert;
    expect(move_it(task, &move));
    move = move_of(1, KEPT_TX_REVERTED, &block_2, KEPT_TX_REVERTED, &block_2, "final");
    move.final = true;
    expect(move_it(task, &move) && transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_OK);
    expect(out.final && out.revert_data != NULL && out.revert_len == 0 && out.block.timestamp == 1001);
}

static void test_it_moves_from_where_it_is_alone(void **state) {
    (void)state;
    scene_play(&accounts_pool, live, 1);
    assert_string_equal(life(1), "accepted;pending;reverted 100/177;reorged 100/177;reverted 100/178;final 100/178");
}

static void revert_with_much(struct actor *actor) {
    struct task *task = &actor->task;
    static const uint8_t much[KEPT_TX_MAX_REVERT_BYTES + 1];
    struct kept_tx what, out;
    for (uint8_t n = 1; n <= 2; n++) {
        struct kept_tx_move move = move_of(n, KEPT_TX_ACCEPTED, NULL, KEPT_TX_REVERTED, &block_1, "reverted");
        what = tx_of(n);
        move.revert_data = much;
        move.revert_len = KEPT_TX_MAX_REVERT_BYTES + n - 1;
        expect(accept_one(task, &what, &out) && move_it(task, &move));
        expect(transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_OK);
        expect(out.revert_len == (n == 1 ? KEPT_TX_MAX_REVERT_BYTES : 0));
    }
}

static void test_reasons_that_are_too_long_are_not_kept(void **state) {
    (void)state;
    scene_play(&accounts_pool, revert_with_much, 1);
}

static void replace(struct actor *actor) {
    struct task *task = &actor->task;
    struct kept_tx what = tx_of(1), out;
    const hash32 by = {{0xcc}};
    expect(accept_one(task, &what, &out));
    struct kept_tx_move move = move_of(1, KEPT_TX_ACCEPTED, NULL, KEPT_TX_REPLACED, NULL, NULL);
    move.replaced_by = &by;
    expect(move_it(task, &move));
    move = move_of(1, KEPT_TX_REPLACED, NULL, KEPT_TX_REPLACED, NULL, "final");
    move.final = true;
    expect(move_it(task, &move) && transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_OK);
    expect(out.has_replaced_by && hash32_equal(&out.replaced_by, &by) && out.final);
    move = move_of(1, KEPT_TX_REPLACED, NULL, KEPT_TX_PENDING, NULL, "reorged");
    move.sent = true;
    expect(move_it(task, &move) && transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_OK);
    expect(!out.has_replaced_by && !out.final && out.sent_at > 0);
}

static void test_what_was_replaced_comes_back(void **state) {
    (void)state;
    scene_play(&accounts_pool, replace, 1);
    assert_string_equal(life(1), "accepted;final;reorged");
}

static void prepare_one(struct actor *actor) {
    struct kept_tx what = tx_of(1), out;
    expect(accept_one(&actor->task, &what, &out));
}

static void move_at_once(struct actor *actor) {
    const struct kept_tx_move move = move_of(1, KEPT_TX_ACCEPTED, NULL, KEPT_TX_PENDING, NULL, "pending");
    if (move_it(&actor->task, &move)) n_moved++;
}

static void test_of_many_that_move_it_one_does(void **state) {
    (void)state;
    scene_play(&accounts_pool, prepare_one, 1);
    scene_play(&accounts_pool, move_at_once, CROWD);
    assert_int_equal(n_moved, 1);
    assert_string_equal(life(1), "accepted;pending");
}

static void read_life(struct actor *actor) {
    struct kept_tx_step *steps;
    size_t n;
    const hash32 hash = tx_of(1).hash, unknown = {{0xff}};
    expect(transaction_repo_steps(&actor->task, &steps, &n, CHAIN, &hash) == ERR_OK && n == KEPT_TX_MAX_STEPS);
    if (n != KEPT_TX_MAX_STEPS) return;
    expect(steps[0].at == 50 && strcmp(steps[0].step, "resent") == 0 && !steps[0].has_block && steps[0].reason == NULL);
    expect(steps[n - 1].has_block && steps[n - 1].block_number == 5 && steps[n - 1].block_hash.bytes[0] == 0xab);
    expect(strcmp(steps[n - 1].reason, "r") == 0 && strcmp(steps[n - 1].step, "confirmed") == 0);
    expect(transaction_repo_steps(&actor->task, &steps, &n, CHAIN, &unknown) == ERR_OK && n == 0);
}

static void test_a_long_life_ends_with_its_last_steps(void **state) {
    (void)state;
    scene_play(&accounts_pool, prepare_one, 1);
    (void)ask("INSERT INTO transaction_steps (chain_id, hash, at, step)"
              " SELECT chain_id, hash, n, 'resent' FROM transactions, generate_series(1, %d) n ORDER BY n;"
              "INSERT INTO transaction_steps (chain_id, hash, at, step, reason, block_number, block_hash)"
              " SELECT chain_id, hash, 9, 'confirmed', 'r', 5, '\\xab'::bytea || substr(hash, 2) FROM transactions",
              KEPT_TX_MAX_STEPS + 48);
    scene_play(&accounts_pool, read_life, 1);
}

/* 1 to 4 send to 99, 5 sends to itself, 6 creates the contract 5. */
static void fill_lists(struct actor *actor) {
    for (uint8_t i = 1; i <= 6; i++) {
        struct kept_tx what = tx_of(i), out;
        if (i == 5) what.to = what.sender;
        if (i == 6) what.to = address_of(5);
        what.creates = i == 6;
        expect(accept_one(&actor->task, &what, &out) && out.id == i);
    }
}

static void expect_page(struct task *task, unsigned of, int64_t before, size_t limit, const char *ids, bool and_more) {
    char found[64] = "";
    struct kept_tx *rows;
    size_t n;
    bool more;
    const address account = address_of(of);
    expect(transaction_repo_page(task, &rows, &n, &more, CHAIN, &account, before, limit) == ERR_OK && more == and_more);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(found);
        (void)snprintf(found + len, sizeof found - len, "%d ", (int)rows[i].id);
        expect(rows[i].raw == NULL);
    }
    expect(strcmp(found, ids) == 0);
}

static void read_lists(struct actor *actor) {
    struct task *task = &actor->task;
    expect_page(task, 99, 0, 10, "4 3 2 1 ", false);
    expect_page(task, 99, 0, 3, "4 3 2 ", true);
    expect_page(task, 99, 2, 3, "1 ", false);
    expect_page(task, 5, 0, 10, "6 5 ", false);
    expect_page(task, 5, 0, 1, "6 ", true);
    expect_page(task, 5, 6, 1, "5 ", false);
    expect_page(task, 1, 0, 1, "1 ", false);
    expect_page(task, 77, 0, 10, "", false);
}

static void test_a_page_has_what_an_account_sent_got_or_is(void **state) {
    (void)state;
    scene_play(&accounts_pool, fill_lists, 1);
    (void)sql(conn, "INSERT INTO transactions (chain_id, hash, raw, type, sender, nonce, to_address, value, state,"
                    " created_at, updated_at) SELECT 8, hash, raw, type, sender, nonce, to_address, value, state, 1, 1"
                    " FROM transactions WHERE to_address IS NOT NULL");
    scene_play(&accounts_pool, read_lists, 1);
}

static void read_open(struct actor *actor) {
    struct task *task = &actor->task;
    struct pg_session *session;
    struct kept_tx *rows;
    size_t n;
    const address sender = address_of(2);
    struct kept_tx_move move = move_of(3, KEPT_TX_ACCEPTED, NULL, KEPT_TX_CONFIRMED, &block_1, "confirmed");
    move.final = true;
    expect(move_it(task, &move));
    expect(transaction_repo_open(task, NULL, &rows, &n, CHAIN, 0, 3) == ERR_OK && n == 3);
    expect(rows[0].id == 1 && rows[1].id == 2 && rows[2].id == 4 && rows[2].raw == NULL);
    expect(pg_lease(task, &session) == ERR_OK);
    expect(transaction_repo_open(task, session, &rows, &n, CHAIN, 4, 10) == ERR_OK && n == 2 && rows[1].id == 6);
    expect(transaction_repo_of_nonce(task, session, &rows, &n, CHAIN, &sender, 42) == ERR_OK && n == 1);
    expect(rows[0].id == 2 && transaction_repo_open(task, session, &rows, &n, CHAIN + 1, 0, 10) == ERR_OK && n == 0);
    expect(transaction_repo_of_nonce(task, NULL, &rows, &n, CHAIN, &sender, 43) == ERR_OK && n == 0);
    pg_release(task, session);
}

static void test_open_ones_come_by_id(void **state) {
    (void)state;
    scene_play(&accounts_pool, fill_lists, 1);
    scene_play(&accounts_pool, read_open, 1);
}

static void lock_twice(struct actor *actor) {
    struct task *task = &actor->task;
    struct pg_session *one, *two;
    bool locked;
    expect(pg_lease(task, &one) == ERR_OK);
    expect(pg_lease(task, &two) == ERR_OK);
    expect(transaction_repo_lock(task, one, &locked, CHAIN) == ERR_OK && locked);
    expect(transaction_repo_lock(task, two, &locked, CHAIN) == ERR_OK && !locked);
    expect(transaction_repo_lock(task, two, &locked, CHAIN + 1) == ERR_OK && locked);
    expect(pg_session_execute(task, two, "SELECT 1 / (pg_try_advisory_lock(7)::int)") == ERR_OK);
    pg_release(task, one);
    pg_release(task, two);
}

static void test_one_follows_a_chain_beside_its_indexer(void **state) {
    (void)state;
    scene_play(&accounts_pool, lock_twice, 1);
}

static void ask_nobody(struct actor *actor) {
    struct task *task = &actor->task;
    struct kept_tx what = tx_of(1), out;
    bool flag;
    const struct kept_tx_move move = move_of(1, KEPT_TX_ACCEPTED, NULL, KEPT_TX_PENDING, NULL, NULL);
    expect(transaction_repo_get(task, &out, CHAIN, &what.hash) == ERR_TRANSACTIONS_UNAVAILABLE);
    expect(transaction_repo_accept(task, &out, &flag, &what) == ERR_TRANSACTIONS_UNAVAILABLE);
    expect(transaction_repo_move(task, NULL, &flag, &move) == ERR_TRANSACTIONS_UNAVAILABLE && !flag);
}

static void test_without_a_database_it_says_so(void **state) {
    (void)state;
    struct pg_options nowhere = accounts_pool;
    nowhere.url = "host=/nonexistent dbname=none";
    scene_play(&nowhere, ask_nobody, 1);
}

#define test_of(test) cmocka_unit_test_setup(test, reset)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of(test_what_is_accepted_is_found_as_it_was),
        test_of(test_one_is_accepted_once_however_many_hand_it_over),
        test_of(test_what_was_refused_or_dropped_begins_anew),
        test_of(test_it_moves_from_where_it_is_alone),
        test_of(test_reasons_that_are_too_long_are_not_kept),
        test_of(test_what_was_replaced_comes_back),
        test_of(test_of_many_that_move_it_one_does),
        test_of(test_a_long_life_ends_with_its_last_steps),
        test_of(test_a_page_has_what_an_account_sent_got_or_is),
        test_of(test_open_ones_come_by_id),
        test_of(test_one_follows_a_chain_beside_its_indexer),
        test_of(test_without_a_database_it_says_so),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
