/* Lists of events against SQL that the test writes for itself: every filter in both orders by pages of several sizes,
 * places that a reorg has moved, and pages that are cut since their rows are long.
 * Owns a PostgreSQL; each test has a reactor and its connections. One thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cluster.h"
#include "repos/event_repo.h"
#include "scene.h"
#include "schema.h"

enum { CHAIN = 1, TIP = 60, TEXT_BYTES = 64 * 1024 };

static PGconn *conn;

/* Addresses and topics are the same byte all over: contracts 0xa1 to 0xa3, of which the last is not live yet. */
static int begin(void **state) {
    (void)state;
    if (!cluster_make()) return -1;
    conn = PQconnectdb(cluster.url);
    schema_apply(conn);
    (void)sql(conn, "INSERT INTO chains (chain_id, scope, partition_blocks, tip_number, tip_hash, tip_timestamp)"
                    " VALUES (1, 'named', 40, 60, decode(repeat('3c', 32), 'hex'), 1060),"
                    " (2, 'named', 40, NULL, NULL, NULL)");
    (void)sql(conn, "INSERT INTO streams (chain_id, kind, token, start_block, next_block, live)"
                    " SELECT 1, 1, decode(repeat(a, 20), 'hex'), 0, 61, a <> 'a3' FROM unnest('{a1,a2,a3}'::text[]) a");
    (void)sql(conn,
              "INSERT INTO blocks SELECT 1, n, decode(repeat(lpad(to_hex(n), 2, '0'), 32), 'hex'), NULL, 1000 + n, 1"
              " FROM generate_series(0, 60) n");
    (void)sql(conn, "SELECT setseed(0.25)");
    (void)sql(conn, "INSERT INTO contract_events SELECT 1, b, i, decode(repeat('a' || 1 + i % 3, 20), 'hex'),"
                    " decode(repeat(lpad(to_hex(b), 2, '0'), 32), 'hex'), t0, CASE WHEN t0 IS NOT NULL THEN t1 END,"
                    " CASE WHEN t0 IS NOT NULL AND t1 IS NOT NULL THEN t2 END, NULL, decode(repeat('dd', i), 'hex'),"
                    " CASE WHEN i % 2 = 0 THEN 'Even' END, CASE WHEN i % 4 = 0 THEN '{\"n\": 1}'::json END, 100 + b"
                    " FROM generate_series(3, 60) b, generate_series(0, 8) i, LATERAL (SELECT"
                    " nullif(decode(repeat('0' || floor(random() * 4 + b * 0)::integer, 32), 'hex'), "
                    "decode(repeat('00', 32), 'hex')) t0,"
                    " nullif(decode(repeat('0' || floor(random() * 4 + b * 0)::integer, 32), 'hex'), "
                    "decode(repeat('00', 32), 'hex')) t1,"
                    " nullif(decode(repeat('0' || floor(random() * 4 + b * 0)::integer, 32), 'hex'), "
                    "decode(repeat('00', 32), 'hex')) t2) t");
    return 0;
}

static int end(void **state) {
    (void)state;
    PQfinish(conn);
    cluster_remove();
    return 0;
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

static hash32 hash_of(uint8_t byte) {
    hash32 hash;
    memset(hash.bytes, byte, sizeof hash.bytes);
    return hash;
}

static struct event_filter all_of(uint8_t contract, bool newest_first) {
    struct event_filter filter = {.chain_id = CHAIN, .to_block = UINT64_MAX, .newest_first = newest_first};
    memset(filter.contract.bytes, contract, sizeof filter.contract.bytes);
    return filter;
}

/* --- what is listed --- */

struct text {
    char p[TEXT_BYTES];
    size_t len;
};

static void note(struct text *text, const struct event_row *row) {
    const struct event_log *log = &row->log;
    text->len += (size_t)snprintf(text->p + text->len, sizeof text->p - text->len, "%llu.%u %u %zu %s %.*s;",
                                  (unsigned long long)log->place.block_number, log->place.log_index, log->n_topics,
                                  row->data_len, row->name != NULL ? row->name : "-", (int)row->args_len,
                                  row->args != NULL ? row->args : "");
    expect(text->len < sizeof text->p);
    expect(log->place.timestamp == 1000 + log->place.block_number);
    expect(row->abi_version == (int64_t)(100 + log->place.block_number));
    expect(log->place.block_hash.bytes[7] == log->place.block_number);
    expect(row->data_len == 0 || (row->data[0] == 0xdd && row->data[row->data_len - 1] == 0xdd));
}

static struct list_place place_of(const struct event_page *page) {
    const struct log_place *last = &page->rows[page->n_rows - 1].log.place;
    return (struct list_place){.block_number = last->block_number,
                               .log_index = last->log_index,
                               .block_hash = last->block_hash,
                               .first_number = page->block.number,
                               .first_hash = page->block.hash};
}

/* All pages of so many rows. */
static void list(struct task *task, struct text *out, const struct event_filter *filter, size_t limit) {
    struct event_page page = {.more = true};
    struct list_place place;
    out->len = 0;
    out->p[0] = '\0';
    for (bool first = true; page.more; first = false) {
        enum err err = event_repo_page(task, &page, filter, first ? NULL : &place, limit);
        expect(err == ERR_OK && page.has_tip && page.block.number == TIP && !page.place_moved && !page.is_missing);
        if (err != ERR_OK || page.n_rows == 0) return;
        expect(page.n_rows <= limit && (!page.more || page.n_rows == limit));
        for (size_t i = 0; i < page.n_rows; i++) note(out, &page.rows[i]);
        place = place_of(&page);
    }
}

/* In: where, SQL of the test's. */
static const char *wanted(const struct event_filter *filter, const char *where) {
    char text[1024];
    (void)snprintf(
        text, sizeof text,
        "SELECT string_agg(concat(block_number, '.', log_index, ' ', num_nonnulls(topic0, topic1, topic2), ' ',"
        " octet_length(data), ' ', coalesce(name, '-'), ' ', args, ';'), '' ORDER BY block_number %s,"
        " log_index %s) FROM contract_events WHERE get_byte(address, 0) = %u AND %s",
        filter->newest_first ? "DESC" : "ASC", filter->newest_first ? "DESC" : "ASC", filter->contract.bytes[0], where);
    return sql(conn, text);
}

static void check(struct task *task, const struct event_filter *given, const char *where) {
    static struct text text;
    static const size_t limits[] = {1, 7, 1000};
    for (int newest = 0; newest < 2; newest++) {
        struct event_filter filter = *given;
        filter.newest_first = newest == 1;
        const char *want = wanted(&filter, where);
        expect(strlen(want) > 20);
        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
            arena_reset(task->arena);
            list(task, &text, &filter, limits[i]);
            if (strcmp(text.p, want) == 0) continue;
            print_error("%s, pages of %zu\ngot  %.300s\nwant %.300s\n", where, limits[i], text.p, want);
            expect(strcmp(text.p, want) == 0);
        }
    }
}

static struct event_filter with_topic(struct event_filter filter, unsigned i, uint8_t byte) {
    filter.has_topic[i] = true;
    filter.topics[i] = hash_of(byte);
    return filter;
}

static void lists(struct actor *actor) {
    struct task *task = &actor->task;
    struct event_filter all = all_of(0xa1, false), filter;
    check(task, &all, "true");
    filter = with_topic(all, 0, 1);
    check(task, &filter, "get_byte(topic0, 0) = 1");
    filter = with_topic(filter, 2, 2);
    check(task, &filter, "get_byte(topic0, 0) = 1 AND get_byte(topic2, 0) = 2");
    filter = with_topic(all, 1, 3);
    check(task, &filter, "get_byte(topic1, 0) = 3");
    filter = all;
    filter.from_block = 10;
    filter.to_block = 22;
    check(task, &filter, "block_number BETWEEN 10 AND 22");
    filter = all;
    filter.name = "Even";
    check(task, &filter, "name = 'Even'");
    hash32 signatures[] = {hash_of(1), hash_of(3)};
    filter = all;
    filter.signatures = signatures;
    filter.n_signatures = 2;
    check(task, &filter, "get_byte(topic0, 0) IN (1, 3)");
}

static void test_lists(void **state) {
    (void)state;
    play(lists);
}

/* --- what may not be served --- */

static void refusals(struct actor *actor) {
    struct event_page page;
    struct event_filter filter = all_of(0xa3, true);
    expect(event_repo_page(&actor->task, &page, &filter, NULL, 5) == ERR_OK && page.has_tip && page.is_missing);
    filter = all_of(0xa4, true);
    expect(event_repo_page(&actor->task, &page, &filter, NULL, 5) == ERR_OK && page.is_missing && page.n_rows == 0);
    filter.chain_id = 2;
    expect(event_repo_page(&actor->task, &page, &filter, NULL, 5) == ERR_OK && !page.has_tip);
    filter = all_of(0xa1, true);
    expect(event_repo_page(&actor->task, &page, &filter, NULL, 5) == ERR_OK && !page.is_missing);
    struct list_place place = place_of(&page);
    expect(event_repo_page(&actor->task, &page, &filter, &place, 5) == ERR_OK && !page.place_moved);
    place.block_hash = hash_of(0xff);
    expect(event_repo_page(&actor->task, &page, &filter, &place, 5) == ERR_OK && page.place_moved);
}

static void test_what_may_not_be_served(void **state) {
    (void)state;
    play(refusals);
}

/* The first page's block holds while it is on the chain, though the tip has gone on. */
static void a_walk(struct actor *actor) {
    struct event_page page;
    struct event_filter filter = all_of(0xa1, false);
    expect(event_repo_page(&actor->task, &page, &filter, NULL, 5) == ERR_OK);
    struct list_place place = place_of(&page);
    place.first_number = 20;
    place.first_hash = hash_of(20);
    expect(event_repo_page(&actor->task, &page, &filter, &place, 1000) == ERR_OK && page.block.number == 20);
    expect(page.n_rows > 0 && page.rows[page.n_rows - 1].log.place.block_number == 20 && !page.more);
    place.first_hash = hash_of(21);
    expect(event_repo_page(&actor->task, &page, &filter, &place, 1000) == ERR_OK && page.block.number == TIP);
}

static void test_a_walk_stays_at_its_block(void **state) {
    (void)state;
    play(a_walk);
}

/* One that is more than a page may have stands alone; of two megabytes each there are two. */
static void list_long_rows(struct task *task) {
    static const size_t sizes[] = {1, 2, 2};
    struct event_page page;
    struct event_filter filter = all_of(0xa2, true);
    struct list_place place;
    filter.from_block = 55;
    filter.has_topic[3] = true;
    filter.topics[3] = hash_of(9);
    for (size_t i = 0; i < 3; i++) {
        enum err err = event_repo_page(task, &page, &filter, i > 0 ? &place : NULL, 1000);
        expect(err == ERR_OK && page.n_rows == sizes[i] && page.more == (i < 2));
        if (err != ERR_OK || page.n_rows == 0) return;
        place = place_of(&page);
    }
    filter.from_block = 59;
    expect(event_repo_page(task, &page, &filter, NULL, 1000) == ERR_OK);
    expect(page.n_rows == 1 && page.rows[0].data_len == 5000000 && !page.more);
}

static void long_rows(struct actor *actor) {
    struct task task = task_child(&actor->task);
    task.arena = arena_new(64 * 1024 * 1024);
    list_long_rows(&task);
    arena_free(task.arena);
}

static void test_long_rows_make_short_pages(void **state) {
    (void)state;
    (void)sql(conn,
              "INSERT INTO contract_events SELECT 1, 54 + i, 100, decode(repeat('a2', 20), 'hex'),"
              " decode(repeat('07', 32), 'hex'), decode(repeat('09', 32), 'hex'), decode(repeat('09', 32), 'hex'),"
              " decode(repeat('09', 32), 'hex'), decode(repeat('09', 32), 'hex'),"
              " decode(repeat('dd', CASE WHEN i = 5 THEN 5000000 ELSE 2000000 END), 'hex'), NULL, NULL, 1"
              " FROM generate_series(0, 5) i");
    play(long_rows);
    (void)sql(conn, "DELETE FROM contract_events WHERE log_index = 100");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_what_may_not_be_served),
        cmocka_unit_test(test_a_walk_stays_at_its_block),
        cmocka_unit_test(test_long_rows_make_short_pages),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
