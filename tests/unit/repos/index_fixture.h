/* The index writer on a database of the test's own, made from the schema; and a chain whose blocks come from a seed.
 * The writer's calls run on a coroutine, which cmocka's failures cannot leave: what does not hold is noted and told by
 * the test itself. One database, one reactor and one writer for each test; one thread. */
#ifndef DAPPD_TESTS_INDEX_FIXTURE_H
#define DAPPD_TESTS_INDEX_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cluster.h"
#include "repos/index_writer.h"

enum {
    FAR_MS = 60000,
    TASK_ARENA_BYTES = 64 * 1024 * 1024,
    TEST_CHAIN = 31337,
    TEST_PARTITION_BLOCKS = 100,
    TEXT_BYTES = 16 * 1024,
    PRINT_BYTES = 40
};

static struct {
    struct task task;
    struct reactor *reactor;
    struct index_writer *writer;
    PGconn *conn; /* the test's own view */
    char url[3 * CLUSTER_PATH_BYTES];
    char name[64];
    unsigned databases;
    void (*play)(void);
    const char *wrong;
    int wrong_line;
} scene;

static inline bool expect_at(bool holds, const char *what, int line) {
    if (!holds && scene.wrong == NULL) {
        scene.wrong = what;
        scene.wrong_line = line;
    }
    return holds;
}
#define expect(condition) expect_at((condition), #condition, __LINE__)

/* Runs SQL of the test's on a connection of its own. Returns the first value as text, "" for none. */
static inline const char *sql_on(PGconn *conn, const char *sql) {
    static char text[TEXT_BYTES];
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        print_error("%s\n%s\n", sql, PQresultErrorMessage(result));
        expect(status == PGRES_COMMAND_OK); /* the test's own SQL */
    }
    bool any = status == PGRES_TUPLES_OK && PQntuples(result) > 0 && PQnfields(result) > 0;
    (void)snprintf(text, sizeof text, "%s", any ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return text;
}
static inline const char *sql(const char *text) {
    return sql_on(scene.conn, text);
}

static inline bool sql_is_zero(const char *text) {
    return strcmp(sql(text), "0") == 0;
}
static inline bool sql_is(const char *text, const char *want) {
    const char *got = sql(text);
    bool equal = strcmp(got, want) == 0;
    if (!equal) print_error("%s\ngot  %s\nwant %s\n", text, got, want);
    return equal;
}

static inline void apply_schema(const char *path) {
    static char schema[64 * 1024];
    FILE *file = fopen(path, "r");
    if (!expect(file != NULL)) return;
    size_t len = fread(schema, 1, sizeof schema - 1, file);
    (void)fclose(file);
    schema[len] = '\0';
    if (expect(len < sizeof schema - 1)) (void)sql(schema);
}

/* The schema, once, in a database that all others are copied from. */
static inline int make_schema(void **state) {
    (void)state;
    glob_t found;
    if (glob("sql/*.sql", 0, NULL, &found) != 0 || !cluster_make()) return -1;
    scene.conn = PQconnectdb(cluster.url);
    (void)sql("SET client_min_messages = warning");
    (void)sql("CREATE DATABASE schema");
    PQfinish(scene.conn);
    (void)snprintf(scene.url, sizeof scene.url, "host=%s dbname=schema user=dappd", cluster.folder);
    scene.conn = PQconnectdb(scene.url);
    (void)sql("SET client_min_messages = warning");
    for (size_t i = 0; i < found.gl_pathc; i++) apply_schema(found.gl_pathv[i]);
    globfree(&found);
    PQfinish(scene.conn);
    return scene.wrong == NULL ? 0 : -1;
}

static inline int remove_schema(void **state) {
    (void)state;
    cluster_remove();
    return 0;
}

static inline void make_database(void) {
    char create[256];
    (void)snprintf(scene.name, sizeof scene.name, "t%u", scene.databases++);
    (void)snprintf(create, sizeof create, "CREATE DATABASE %s TEMPLATE schema", scene.name);
    PGconn *conn = PQconnectdb(cluster.url);
    (void)sql_on(conn, create);
    PQfinish(conn);
    (void)snprintf(scene.url, sizeof scene.url, "host=%s dbname=%s user=dappd", cluster.folder, scene.name);
    scene.conn = PQconnectdb(scene.url);
    (void)sql("SET client_min_messages = error");
}

static inline enum err open_writer(struct index_writer **out, bool every) {
    const struct pg_session_options how = {
        .url = scene.url, .application_name = "writer", .connect_timeout_ms = FAR_MS};
    const struct index_writer_options options = {
        .chain_id = TEST_CHAIN, .every = every, .partition_blocks = TEST_PARTITION_BLOCKS};
    struct pg_session *session;
    *out = NULL;
    enum err err = pg_session_open(&scene.task, &session, &how);
    if (err == ERR_OK) err = index_writer_open(&scene.task, out, session, &options);
    if (*out == NULL) pg_session_close(session);
    return err;
}

/* As after a crash, or for the first time. A server that has just lost a client may still hold its lock. */
static inline bool reopen(bool every) {
    index_writer_close(scene.writer);
    for (int i = 0; i < CLUSTER_TRIES; i++) {
        if (!expect(open_writer(&scene.writer, every) == ERR_OK)) return false;
        if (scene.writer != NULL) return true;
        reactor_sleep_ms(scene.reactor, 10);
    }
    return expect(scene.writer != NULL);
}

static inline void run_scene(void *arg) {
    (void)arg;
    scene.play();
    index_writer_close(scene.writer);
    scene.writer = NULL;
}

/* Plays on a coroutine, on a new database. */
static inline void play(void (*fn)(void)) {
    make_database();
    scene.reactor = reactor_new(0);
    scene.task = (struct task){.reactor = scene.reactor, .arena = arena_new(TASK_ARENA_BYTES), .name = "test"};
    scene.task.deadline_ms = reactor_now_ms(scene.reactor) + FAR_MS;
    scene.play = fn;
    scene.wrong = NULL;
    reactor_spawn(scene.reactor, run_scene, NULL);
    reactor_stop(scene.reactor);
    reactor_run(scene.reactor);
    arena_free(scene.task.arena);
    reactor_free(scene.reactor);
    PQfinish(scene.conn);
    if (scene.wrong != NULL) fail_msg("line %d: %s", scene.wrong_line, scene.wrong);
}

/* --- What is compared. The tests' own SQL, told apart from the writer's by doing it another way. */

/* Rows of balances that are not what the transfers of live tokens add up to. */
static const char wrong_balances[] =
    "WITH got AS (SELECT to_address AS holder, token_id, sum(amount) AS n FROM transfers GROUP BY 1, 2),"
    " gave AS (SELECT from_address AS holder, token_id, sum(amount) AS n FROM transfers GROUP BY 1, 2),"
    " want AS (SELECT holder, token_id, coalesce(got.n, 0) - coalesce(gave.n, 0) AS amount"
    " FROM got FULL JOIN gave USING (holder, token_id)"
    " WHERE token_id IN (SELECT id FROM tokens WHERE live) AND holder <> '\\x0000000000000000000000000000000000000000'"
    " AND coalesce(got.n, 0) <> coalesce(gave.n, 0)),"
    " have AS (SELECT * FROM balances WHERE token_id IN (SELECT id FROM tokens WHERE live))"
    " SELECT count(*) FROM want FULL JOIN have USING (holder, token_id)"
    " WHERE want.amount IS DISTINCT FROM have.amount";

/* Everything that a rollback has to restore, as one number. */
static const char fingerprint[] =
    "SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM ("
    "SELECT 't' || t::text AS line FROM transfers t UNION ALL SELECT 'o' || o::text FROM odd_logs o"
    " UNION ALL SELECT 'b' || b::text FROM balances b UNION ALL SELECT 's' || s::text FROM streams s"
    " UNION ALL SELECT 'e' || e::text FROM contract_events e UNION ALL SELECT 'n' || b::text FROM blocks b"
    " UNION ALL SELECT 'c' || c::text FROM chains c) AS lines";

static inline void take_print(char out[PRINT_BYTES]) {
    (void)snprintf(out, PRINT_BYTES, "%.*s", PRINT_BYTES - 1, sql(fingerprint));
}
static inline bool is_as_in(const char *print) {
    return sql_is(fingerprint, print);
}

static inline bool balances_are_right(void) {
    return sql_is(wrong_balances, "0");
}

/* --- A chain made of numbers. */

static uint64_t seed;

static inline uint64_t random_below(uint64_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed * 0x2545f4914f6cdd1d >> 33) % n;
}

static inline address address_of(uint8_t kind, uint64_t n) {
    address a = {{0}};
    if (kind == 0) return a;
    a.bytes[0] = kind;
    a.bytes[19] = (uint8_t)n;
    a.bytes[18] = (uint8_t)(n >> 8);
    return a;
}
static inline address token_of(uint64_t n) {
    return address_of(0xee, n);
}

/* The block of this number on a fork of the chain. */
static inline hash32 hash_of(uint64_t number, uint8_t fork) {
    hash32 hash = {{fork}};
    for (int i = 0; i < 8; i++) hash.bytes[31 - i] = (uint8_t)(number >> (8 * i));
    return hash;
}
static inline struct block_ref block_of(uint64_t number, uint8_t fork, uint8_t parent_fork) {
    struct block_ref block = {.number = number, .hash = hash_of(number, fork), .timestamp = 1700000000 + 12 * number};
    if (number > 0) block.parent_hash = hash_of(number - 1, parent_fork);
    return block;
}

enum { BATCH_MAX = 4096 };

struct test_batch {
    struct transfer_log transfers[BATCH_MAX];
    struct odd_log odd[BATCH_MAX];
    struct event_log events[BATCH_MAX];
    struct block_ref blocks[BATCH_MAX];
    struct index_batch batch;
};
static struct test_batch made;

/* Which version of an ABI knows what: all logs whose first topic is not 0, since it was made. */
static int64_t abi_version = 1;

static inline void read_event(void *arg, struct event_reading *out, const struct event_log *log) {
    static char name[32], args[64];
    (void)arg;
    *out = (struct event_reading){.version = abi_version};
    if (log->n_topics == 0 || log->topics[0].bytes[31] == 0) return;
    (void)snprintf(name, sizeof name, "Event%u", log->topics[0].bytes[31]);
    (void)snprintf(args, sizeof args, "{\"text\":\"nul \\u0000\",\"bytes\":%zu}", log->data_len);
    out->name = name;
    out->args = args;
    out->args_len = strlen(args);
}
static const struct event_reader event_reader = {read_event, NULL};

static inline void batch_begin(void) {
    made.batch = (struct index_batch){.transfers = made.transfers,
                                      .odd = made.odd,
                                      .events = made.events,
                                      .reader = &event_reader,
                                      .blocks = made.blocks};
}

static inline struct log_place place_in(const struct block_ref *block, uint32_t log_index) {
    struct log_place place = {.block_number = block->number,
                              .log_index = log_index,
                              .block_hash = block->hash,
                              .tx_hash = block->hash,
                              .timestamp = block->timestamp};
    place.tx_hash.bytes[1] = (uint8_t)(log_index / 3 + 1);
    return place;
}

static inline struct transfer_log *batch_add(const struct block_ref *block, uint32_t log_index, address token,
                                             address from, address to, u256 amount) {
    struct transfer_log *log = &made.transfers[made.batch.n_transfers++];
    *log = (struct transfer_log){.place = place_in(block, log_index)};
    log->token = token;
    log->from = from;
    log->to = to;
    log->amount = amount;
    return log;
}

/* In: data, len bytes of it. */
static inline struct event_log *batch_add_event(const struct block_ref *block, uint32_t log_index, address contract,
                                                unsigned n_topics, uint8_t *data, size_t len) {
    struct event_log *log = &made.events[made.batch.n_events++];
    *log = (struct event_log){
        .place = place_in(block, log_index), .contract = contract, .n_topics = n_topics, .data = data, .data_len = len};
    for (unsigned i = 0; i < n_topics; i++) log->topics[i].bytes[31] = (uint8_t)(i + 1);
    return log;
}

static inline void batch_add_odd(const struct block_ref *block, uint32_t log_index, address token) {
    made.odd[made.batch.n_odd++] =
        (struct odd_log){.place = place_in(block, log_index), .token = token, .n_topics = 2, .data_len = 64};
}

/* Mints and burns are from and to the zero address; every now and then an amount is the largest there is. */
static inline void batch_add_random(const struct block_ref *block, uint64_t tokens, uint64_t first_token) {
    uint32_t log_index = 100 * (uint32_t)first_token; /* the logs of other streams are elsewhere in the block */
    for (uint64_t left = random_below(7); left > 0; left--) {
        address token = token_of(first_token + random_below(tokens));
        address from = address_of((uint8_t)(random_below(5) > 0), random_below(12));
        address to = address_of((uint8_t)(random_below(8) > 0), random_below(12));
        u256 amount = u256_from_u64(random_below(4) * 25);
        u256 one = u256_from_u64(1), zero = u256_from_u64(0);
        if (random_below(30) == 0) (void)u256_sub(&amount, &zero, &one);
        log_index += 1 + (uint32_t)random_below(3);
        batch_add(block, log_index, token, from, to, amount);
    }
    if (random_below(10) == 0) batch_add_odd(block, log_index + 1, token_of(first_token));
}

/* --- Calls of the writer, and where many tests begin. */

static const struct index_stream every_stream = {.every = true, .start_block = 0};

static inline struct index_stream stream_of(uint64_t token, uint64_t start) {
    return (struct index_stream){.token = token_of(token), .start_block = start, .next_block = start};
}

static inline struct index_stream events_of(uint64_t token, uint64_t start) {
    struct index_stream stream = stream_of(token, start);
    stream.kind = STREAM_EVENTS;
    return stream;
}

static inline struct index_progress load(void) {
    struct index_progress progress;
    expect(index_writer_load(&scene.task, scene.writer, &progress) == ERR_OK);
    return progress;
}

static inline enum err append(const struct index_stream *streams, size_t n, uint64_t from, uint64_t to) {
    struct block_ref last = block_of(to, 0, 0);
    return index_writer_append(&scene.task, scene.writer, streams, n, from, &last, &made.batch);
}

/* Every token from block 0 to 9, live there: block n has a mint of n to holder 1, when it is odd. */
static inline bool begin_at_ten(void) {
    struct block_ref tip = block_of(9, 0, 0);
    batch_begin();
    for (uint64_t n = 1; n < 10; n += 2) {
        struct block_ref block = block_of(n, 0, 0);
        batch_add(&block, 0, token_of(1), address_of(0, 0), address_of(1, 1), u256_from_u64(n));
    }
    if (!reopen(true) || !expect(index_writer_add(&scene.task, scene.writer, &every_stream, 1) == ERR_OK) ||
        !expect(append(&every_stream, 1, 0, 9) == ERR_OK)) {
        return false;
    }
    struct index_stream stream = every_stream;
    stream.next_block = 10;
    return expect(index_writer_go_live(&scene.task, scene.writer, &stream, 1, &tip, NULL) == ERR_OK);
}

static inline enum err follow_one(uint64_t number, uint8_t fork, uint8_t parent_fork,
                                  const struct block_ref *finalized) {
    struct block_ref block = block_of(number, fork, parent_fork);
    batch_begin();
    made.blocks[made.batch.n_blocks++] = block;
    batch_add(&block, 7, token_of(1), address_of(1, 1), address_of(1, 2), u256_from_u64(1));
    return index_writer_follow(&scene.task, scene.writer, &made.batch, finalized);
}

/* A test that plays one scene. */
#define TEST(name, scene_fn) \
    static void name(void **state) { \
        (void)state; \
        play(scene_fn); \
    }

#endif
