/* Lists of transfers against SQL that the test writes for itself: every shape by pages of several sizes and as a whole,
 * places that a reorg has moved or that were never there, and rows that cannot be.
 * Owns a PostgreSQL; each test has a reactor and its connections. One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cluster.h"
#include "repos/partition_sql.h"
#include "repos/transfer_repo.h"
#include "scene.h"
#include "schema.h"

enum { CHAIN = 1, EMPTY_CHAIN = 2, LEAF_BLOCKS = 40, LEAVES = 3, TIP = 110, TEXT_BYTES = 64 * 1024 };

static PGconn *conn;

/* Addresses are 20 times the same byte: 0 to 4 of people, 0xa1 to 0xa3 of tokens, of which the last is not live. */
static void fill(void) {
    char ddl[PARTITION_DDL_BYTES];
    (void)sql(conn, "SELECT setseed(0.25)");
    (void)sql(
        conn,
        "INSERT INTO chains (chain_id, scope, partition_blocks, tip_number, tip_hash, tip_timestamp)"
        " VALUES (1, 'every', 40, 110, decode(repeat('6e', 32), 'hex'), 1110), (2, 'every', 40, NULL, NULL, NULL)");
    (void)sql(conn, "INSERT INTO tokens (chain_id, address, live, symbol, decimals)"
                    " VALUES (1, decode(repeat('a1', 20), 'hex'), true, 'ONE', 6),"
                    " (1, decode(repeat('a2', 20), 'hex'), true, NULL, NULL),"
                    " (1, decode(repeat('a3', 20), 'hex'), false, 'DARK', 0)");
    (void)sql(conn,
              "INSERT INTO blocks SELECT 1, n, decode(repeat(lpad(to_hex(n), 2, '0'), 32), 'hex'), NULL, 1000 + n, 0"
              " FROM generate_series(0, 110) n");
    (void)sql(conn, partition_chain_ddl(ddl, CHAIN));
    for (unsigned leaf = 0; leaf < LEAVES; leaf++) (void)sql(conn, partition_leaf_ddl(ddl, CHAIN, leaf, LEAF_BLOCKS));
    (void)sql(
        conn,
        "INSERT INTO transfers SELECT 1, b, 2 * i + 1, 1 + floor(random() * 3)::integer, (b + i) % 3, b * 1000 + i,"
        " decode(repeat(lpad(to_hex(floor(random() * 5)::integer), 2, '0'), 20), 'hex'),"
        " decode(repeat(lpad(to_hex(floor(random() * 5)::integer), 2, '0'), 20), 'hex'),"
        " decode(repeat(lpad(to_hex(b), 2, '0'), 32), 'hex')"
        " FROM generate_series(5, 110) b, generate_series(0, 3) i");
}

static int begin(void **state) {
    (void)state;
    if (!cluster_make()) return -1;
    conn = PQconnectdb(cluster.url);
    schema_apply(conn);
    fill();
    return 0;
}

static int end(void **state) {
    (void)state;
    PQfinish(conn);
    cluster_remove();
    return 0;
}

static address address_of(uint8_t byte) {
    address a;
    memset(a.bytes, byte, sizeof a.bytes);
    return a;
}

static void play(void (*part)(struct actor *)) {
    const struct pg_options options = {.url = cluster.url,
                                       .lanes = 1,
                                       .sessions = 1,
                                       .max_waiting = 10,
                                       .statement_timeout_ms = FAR_MS,
                                       .connect_timeout_ms = FAR_MS};
    scene_play(&options, part, 1);
}

/* --- what is listed --- */

/* A list as text: "block.log amount" one after the other. */
struct text {
    char p[TEXT_BYTES];
    size_t len;
};

static void note(struct text *text, const struct transfer_row *row) {
    char amount[U256_DEC_BYTES];
    (void)u256_to_dec(amount, &row->log.amount);
    text->len += (size_t)snprintf(text->p + text->len, sizeof text->p - text->len, "%llu.%u %s;",
                                  (unsigned long long)row->log.place.block_number, row->log.place.log_index, amount);
    expect(text->len < sizeof text->p);
    expect(row->log.place.timestamp == 1000 + row->log.place.block_number);
    expect(row->log.place.block_hash.bytes[7] == row->log.place.block_number);
    expect(row->token.live && address_equal(&row->token.address, &row->log.token));
}

static struct list_place place_of(const struct transfer_page *page) {
    const struct log_place *last = &page->rows[page->n_rows - 1].log.place;
    return (struct list_place){.block_number = last->block_number,
                               .log_index = last->log_index,
                               .block_hash = last->block_hash,
                               .first_number = page->block.number,
                               .first_hash = page->block.hash};
}

static void walk(struct task *task, struct text *out, const struct transfer_filter *filter, size_t limit) {
    struct list_place place;
    struct transfer_page page = {.more = true};
    out->len = 0;
    out->p[0] = '\0';
    for (bool first = true; page.more; first = false) {
        enum err err = transfer_repo_page(task, &page, filter, first ? NULL : &place, limit);
        expect(err == ERR_OK && page.has_tip && page.block.number == TIP);
        expect(!page.token_missing && !page.place_moved && page.n_rows <= limit);
        if (scene.wrong != NULL) return;
        for (size_t i = 0; i < page.n_rows; i++) note(out, &page.rows[i]);
        if (page.more) place = place_of(&page);
    }
}

static enum err begin_export(struct task *task, void *arg, const struct transfer_page *head) {
    (void)task;
    expect(head->has_tip && head->block.number == TIP && head->n_rows == 0);
    ((struct text *)arg)->p[0] = '\0';
    return ERR_OK;
}

static enum err export_row(struct task *task, void *arg, const struct transfer_row *row) {
    (void)task;
    note(arg, row);
    return ERR_OK;
}

/* A filter and the same as SQL. */
static struct shape {
    const char *condition;
    struct transfer_filter filter;
} shape;

static void compare(struct actor *actor, const char *want) {
    static const size_t limits[] = {1, 7, 1000};
    static struct text got;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        walk(&actor->task, &got, &shape.filter, limits[i]);
        expect(strcmp(got.p, want) == 0);
    }
    const struct transfer_sink sink = {.begin = begin_export, .row = export_row, .arg = &got};
    got.len = 0;
    expect(transfer_repo_export(&actor->task, &shape.filter, NULL, &sink) == ERR_OK);
    expect(strcmp(got.p, want) == 0);
}

static void list(struct actor *actor) {
    static char query[1024], want[TEXT_BYTES];
    (void)snprintf(query, sizeof query,
                   "SELECT coalesce(string_agg(block_number || '.' || log_index || ' ' || amount || ';', ''"
                   " ORDER BY block_number DESC, log_index DESC), '')"
                   " FROM transfers WHERE chain_id = 1 AND token_id <> 3 AND %s",
                   shape.condition);
    (void)snprintf(want, sizeof want, "%s", sql(conn, query));
    compare(actor, want);
}

#define IS(column, byte) column " = decode(repeat('" byte "', 20), 'hex')"

static void test_every_shape(void **state) {
    static const struct shape shapes[] = {
        {"true", {.to_block = UINT64_MAX}},
        {IS("from_address", "01"), {.has_from = true, .from = {{1}}, .to_block = UINT64_MAX}},
        {IS("to_address", "02"), {.has_to = true, .to = {{2}}, .to_block = UINT64_MAX}},
        {IS("from_address", "01") " AND " IS("to_address", "02"),
         {.has_from = true, .from = {{1}}, .has_to = true, .to = {{2}}, .to_block = UINT64_MAX}},
        {"(" IS("from_address", "03") " OR " IS("to_address", "03") ")",
         {.has_party = true, .party = {{3}}, .to_block = UINT64_MAX}},
        {"token_id = 1", {.has_token = true, .token = {{0xa1}}, .to_block = UINT64_MAX}},
        {"token_id = 2 AND " IS("from_address", "01"),
         {.has_token = true, .token = {{0xa2}}, .has_from = true, .from = {{1}}, .to_block = UINT64_MAX}},
        {"token_id = 2 AND " IS("to_address", "00"),
         {.has_token = true, .token = {{0xa2}}, .has_to = true, .to = {{0}}, .to_block = UINT64_MAX}},
        {"token_id = 1 AND " IS("from_address", "04") " AND " IS("to_address", "04"),
         {.has_token = true,
          .token = {{0xa1}},
          .has_from = true,
          .from = {{4}},
          .has_to = true,
          .to = {{4}},
          .to_block = UINT64_MAX}},
        {"token_id = 1 AND (" IS("from_address", "03") " OR " IS("to_address", "03") ")",
         {.has_token = true, .token = {{0xa1}}, .has_party = true, .party = {{3}}, .to_block = UINT64_MAX}},
        {"block_number BETWEEN 39 AND 41", {.from_block = 39, .to_block = 41}},
        {"block_number >= 100", {.from_block = 100, .to_block = UINT64_MAX}},
        {"false", {.from_block = UINT64_MAX, .to_block = UINT64_MAX}},
        {"block_number BETWEEN 50 AND 60",
         {.to_block = UINT64_MAX, .has_since = true, .since = 1050, .has_until = true, .until = 1060}},
        {"block_number BETWEEN 55 AND 60",
         {.from_block = 55, .to_block = 70, .has_since = true, .since = 1050, .has_until = true, .until = 1060}},
        {"false", {.to_block = UINT64_MAX, .has_since = true, .since = UINT64_MAX}},
        {"false", {.to_block = UINT64_MAX, .has_until = true, .until = 999}},
        {"true", {.to_block = UINT64_MAX, .has_since = true, .has_until = true, .until = UINT64_MAX}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        shape = shapes[i];
        shape.filter.chain_id = CHAIN;
        address *all[] = {&shape.filter.party, &shape.filter.from, &shape.filter.to, &shape.filter.token};
        for (size_t j = 0; j < 4; j++) *all[j] = address_of(all[j]->bytes[0]);
        play(list);
    }
}

static const struct transfer_filter everything = {.chain_id = CHAIN, .to_block = UINT64_MAX};

static void ask_for_tokens(struct actor *actor) {
    static const struct {
        uint8_t byte;
        bool missing;
    } rows[] = {{0xa1, false}, {0xa2, false}, {0xa3, true}, {0xa4, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct transfer_filter filter = everything;
        struct transfer_page page;
        filter.has_token = true;
        filter.token = address_of(rows[i].byte);
        expect(transfer_repo_page(&actor->task, &page, &filter, NULL, 5) == ERR_OK);
        expect(page.has_tip && page.token_missing == rows[i].missing && (page.n_rows == 0) == rows[i].missing);
    }
}

static void test_a_token_that_is_not_live_is_missing(void **state) {
    (void)state;
    play(ask_for_tokens);
}

/* --- places --- */

static void go_on_from(struct task *task, const struct list_place *after, bool moved, uint64_t block) {
    struct transfer_page page;
    expect(transfer_repo_page(task, &page, &everything, after, 5) == ERR_OK);
    expect(page.has_tip && page.place_moved == moved);
    if (!moved) expect(page.block.number == block);
}

static void visit_places(struct actor *actor) {
    struct transfer_page page;
    expect(transfer_repo_page(&actor->task, &page, &everything, NULL, 5) == ERR_OK && page.more);
    const struct list_place right = place_of(&page);
    go_on_from(&actor->task, &right, false, TIP);
    struct list_place place = right;
    place.block_hash.bytes[31] ^= 1;
    go_on_from(&actor->task, &place, true, 0);
    place = right;
    place.block_number = UINT64_MAX;
    place.log_index = UINT32_MAX;
    go_on_from(&actor->task, &place, true, 0);
    place = right;
    place.first_number = 109;
    memset(place.first_hash.bytes, 109, sizeof place.first_hash.bytes);
    go_on_from(&actor->task, &place, false, 109);
    place.first_hash.bytes[0] ^= 1; /* no longer on the chain: true at the tip too */
    go_on_from(&actor->task, &place, false, TIP);
    place.first_number = UINT64_MAX;
    go_on_from(&actor->task, &place, false, TIP);
}

static void test_places_that_are_or_are_not_on_the_chain(void **state) {
    (void)state;
    play(visit_places);
}

/* --- nothing to serve, and what cannot be --- */

static unsigned begun;

static enum err begin_without_tip(struct task *task, void *arg, const struct transfer_page *head) {
    (void)task;
    (void)arg;
    expect(!head->has_tip);
    begun++;
    return ERR_OK;
}

static void ask_without_tip(struct actor *actor) {
    static const uint64_t ids[] = {EMPTY_CHAIN, 77, UINT64_MAX};
    const struct transfer_sink sink = {.begin = begin_without_tip, .row = export_row};
    begun = 0;
    for (size_t i = 0; i < 3; i++) {
        struct transfer_filter filter = everything;
        struct transfer_page page = {.has_tip = true};
        filter.chain_id = ids[i];
        expect(transfer_repo_page(&actor->task, &page, &filter, NULL, 5) == ERR_OK && !page.has_tip);
        expect(transfer_repo_export(&actor->task, &filter, NULL, &sink) == ERR_OK && begun == i + 1);
    }
}

static void test_a_chain_without_tip_has_none(void **state) {
    (void)state;
    play(ask_without_tip);
}

static enum err refuse_row(struct task *task, void *arg, const struct transfer_row *row) {
    (void)row;
    unsigned *left = arg;
    return --*left == 0 ? task_fail(task, ERR_OVERLOADED, "enough") : ERR_OK;
}

static enum err begin_quietly(struct task *task, void *arg, const struct transfer_page *head) {
    (void)task;
    (void)arg;
    (void)head;
    return ERR_OK;
}

static void stop_exports(struct actor *actor) {
    for (unsigned i = 1; i <= 3; i++) { /* there is one session only: each gives it back */
        unsigned left = i * 10;
        const struct transfer_sink sink = {.begin = begin_quietly, .row = refuse_row, .arg = &left};
        expect(transfer_repo_export(&actor->task, &everything, NULL, &sink) == ERR_OVERLOADED);
        expect(left == 0 && actor->task.fault.code == ERR_OVERLOADED);
    }
}

static void test_a_sink_ends_an_export(void **state) {
    (void)state;
    play(stop_exports);
}

static void ask_for_a_transaction(struct actor *actor) {
    struct transfer_page page;
    hash32 tx;
    int block =
        (int)strtol(sql(conn, "SELECT block_number FROM transfers WHERE token_id <> 3 GROUP BY 1 HAVING count(*) = 3"
                              " ORDER BY 1 LIMIT 1"),
                    NULL, 10);
    memset(tx.bytes, block, sizeof tx.bytes);
    expect(transfer_repo_of_tx(&actor->task, &page, CHAIN, &tx) == ERR_OK && page.has_tip && page.n_rows == 3);
    for (size_t i = 0; i < page.n_rows; i++) {
        expect(page.rows[i].log.place.block_number == (uint64_t)block && page.rows[i].token.live);
        if (i > 0) expect(page.rows[i].log.place.log_index > page.rows[i - 1].log.place.log_index);
    }
    memset(tx.bytes, 200, sizeof tx.bytes);
    expect(transfer_repo_of_tx(&actor->task, &page, CHAIN, &tx) == ERR_OK && page.has_tip && page.n_rows == 0);
}

static void test_the_transfers_of_a_transaction(void **state) {
    (void)state;
    play(ask_for_a_transaction);
}

static void ask_for_what_cannot_be(struct actor *actor) {
    const struct transfer_sink sink = {.begin = begin_quietly, .row = export_row, .arg = &(struct text){.len = 0}};
    struct transfer_page page;
    expect(transfer_repo_page(&actor->task, &page, &everything, NULL, 1000) == ERR_INTERNAL);
    expect(transfer_repo_export(&actor->task, &everything, NULL, &sink) == ERR_INTERNAL);
}

static void test_rows_that_cannot_be_are_errors(void **state) {
    static const char *const wrong[] = {
        "UPDATE transfers SET kind = 3 WHERE block_number = 20",
        "UPDATE transfers SET amount = -1 WHERE block_number = 20",
        "UPDATE transfers SET amount = 0.5 WHERE block_number = 20",
        "UPDATE transfers SET to_address = '\\x01' WHERE block_number = 20",
        "DELETE FROM blocks WHERE number = 20",
    };
    (void)state;
    (void)sql(conn, "CREATE TABLE kept_transfers AS TABLE transfers; CREATE TABLE kept_blocks AS TABLE blocks");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        (void)sql(conn, wrong[i]);
        play(ask_for_what_cannot_be);
        (void)sql(conn, "DELETE FROM transfers; DELETE FROM blocks;"
                        " INSERT INTO transfers TABLE kept_transfers; INSERT INTO blocks TABLE kept_blocks");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_shape),
        cmocka_unit_test(test_a_token_that_is_not_live_is_missing),
        cmocka_unit_test(test_places_that_are_or_are_not_on_the_chain),
        cmocka_unit_test(test_a_chain_without_tip_has_none),
        cmocka_unit_test(test_a_sink_ends_an_export),
        cmocka_unit_test(test_the_transfers_of_a_transaction),
        cmocka_unit_test(test_rows_that_cannot_be_are_errors),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
