/* The store of ABIs, with a table of the test's in the database's place: what is asked how often, what is shared, and
 * what is given while nobody can tell. An ABI here is a text of letters, each a function of that name.
 * Each test makes and ends its fake chain. One thread, but for the last test. */
#include "services/fake_chain.h"

#include <pthread.h>
#include <stdatomic.h>

#include "eth/abi_read.h"
#include "repos/contract_repo.h"
#include "services/abi_store.h"

enum { MAX_ROWS = 16, STORE_BYTES = 1024 * 1024, FRESH_MS = 1000, LOOK_MS = 3000, CROWD = 5, LATE_MS = 60000 };

static struct {
    pthread_mutex_t mutex;
    struct contract_row rows[MAX_ROWS];
    size_t n_rows;
    bool away;
    unsigned sleep_ms; /* for each question */
    unsigned asked_versions, asked_all, set;
} db;
static atomic_uint parsed;
static struct abi_store *store;

static struct contract_row *row_of(const address *contract) {
    for (size_t i = 0; i < db.n_rows; i++) {
        if (address_equal(&db.rows[i].address, contract)) return &db.rows[i];
    }
    return NULL;
}

static enum err answer(struct task *task, struct contract_row **out, size_t *n, const address *addresses,
                       size_t n_addresses, bool with_abi, unsigned *counter) {
    if (db.sleep_ms > 0) reactor_sleep_ms(task->reactor, db.sleep_ms);
    if (reactor_now_ms(task->reactor) >= task->deadline_ms) return task_fail(task, ERR_TIMEOUT, "late");
    *n = 0;
    *out = arena_alloc(task->arena, n_addresses * sizeof **out);
    (void)pthread_mutex_lock(&db.mutex);
    (*counter)++;
    for (size_t i = 0; i < n_addresses; i++) {
        const struct contract_row *row = row_of(&addresses[i]);
        if (row == NULL) continue;
        (*out)[(*n)++] = *row;
        if (!with_abi) (*out)[*n - 1].abi = NULL;
    }
    (void)pthread_mutex_unlock(&db.mutex);
    return db.away ? task_fail(task, ERR_CONTRACTS_UNAVAILABLE, "away") : ERR_OK;
}

enum err contract_repo_versions(struct task *task, struct contract_row **out, size_t *n, uint64_t chain,
                                const address *addresses, size_t n_addresses) {
    (void)chain;
    return answer(task, out, n, addresses, n_addresses, false, &db.asked_versions);
}

enum err contract_repo_find(struct task *task, struct pg_session *session, struct contract_row **out, size_t *n,
                            uint64_t chain, const address *addresses, size_t n_addresses) {
    (void)session;
    (void)chain;
    return answer(task, out, n, addresses, n_addresses, true, &db.asked_all);
}

enum err contract_repo_set_implementation(struct task *task, uint64_t chain, const address *contract,
                                          const address *implementation) {
    struct contract_row *row = row_of(contract);
    (void)task;
    (void)chain;
    db.set++;
    row->version++;
    row->has_implementation = implementation != NULL;
    if (implementation != NULL) row->implementation = *implementation;
    return ERR_OK;
}

uint64_t chain_block_time_ms(const struct chain *chain) {
    (void)chain;
    return 0;
}

/* "!" is a constructor, and "?" nothing that can be read. */
enum err abi_read_text(const struct abi **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES], const char *text,
                       size_t len) {
    struct abi *abi = arena_alloc(arena, sizeof *abi);
    struct abi_item *items = arena_alloc(arena, len * sizeof *items);
    atomic_fetch_add(&parsed, 1);
    (void)snprintf(problem, ABI_PROBLEM_BYTES, "there is a question mark");
    for (size_t i = 0; i < len; i++) {
        items[i].kind = text[i] == '!' ? ABI_ITEM_CONSTRUCTOR : ABI_ITEM_FUNCTION;
        items[i].name = arena_strndup(arena, &text[i], 1);
        items[i].hash.bytes[0] = (uint8_t)text[i];
        if (text[i] == '?') return ERR_INVALID_ABI;
    }
    *abi = (struct abi){.items = items, .n_items = len};
    *out = abi;
    return ERR_OK;
}

static struct contract_row *add_row(uint8_t byte, const char *abi) {
    struct contract_row *row = &db.rows[db.n_rows++];
    *row = (struct contract_row){.id = (int32_t)db.n_rows,
                                 .chain_id = 1337,
                                 .address = fake_address(byte),
                                 .name = "N",
                                 .abi = abi,
                                 .abi_len = strlen(abi),
                                 .version = 1};
    return row;
}

static void set_abi(struct contract_row *row, const char *abi) {
    row->abi = abi;
    row->abi_len = strlen(abi);
}

static void begin(const struct fake_answer *answers, size_t n) {
    fake_begin(answers, n);
    memset(&db, 0, sizeof db);
    (void)pthread_mutex_init(&db.mutex, NULL);
    atomic_store(&parsed, 0);
    store = abi_store_new(STORE_BYTES);
}

static void end(void) {
    abi_store_free(store);
    fake_end();
}

static const struct known_contract *get(struct task *task, const struct source *source, uint8_t byte) {
    const address contract = fake_address(byte);
    const struct known_contract *known = NULL;
    enum err err = abi_store_get(task, store, source, &known, &contract);
    check((err == ERR_OK) == (known != NULL) && (err == ERR_OK || task->fault.code == err));
    return known;
}

static bool has_functions(const struct known_contract *known, const char *names) {
    bool same = known != NULL && known->abi->n_items == strlen(names);
    for (size_t i = 0; same && i < known->abi->n_items; i++) same = *known->abi->items[i].name == names[i];
    return same;
}

static void pass_ms(uint64_t ms) {
    fake_set_now(reactor_now_ms(fake.reactor) + ms);
}

static void get_again_and_again(struct task *task, const struct source *source) {
    const struct known_contract *first = get(task, source, 1);
    check(has_functions(first, "fg") && strcmp(first->name, "N") == 0 && first->version == 1);
    check(get(task, source, 1) == first && db.asked_versions == 1 && db.asked_all == 1);
    pass_ms(FRESH_MS);
    check(get(task, source, 1) == first && db.asked_versions == 2 && db.asked_all == 1);
    set_abi(&db.rows[0], "gh");
    db.rows[0].version = 2;
    check(get(task, source, 1) == first);
    pass_ms(FRESH_MS);
    const struct known_contract *second = get(task, source, 1);
    check(has_functions(second, "gh") && second->version == 2 && has_functions(first, "fg"));
    check(db.asked_versions == 3 && db.asked_all == 2 && atomic_load(&parsed) == 2);
    db.rows[0].id = 99; /* deleted, and registered anew with the same version */
    set_abi(&db.rows[0], "i");
    pass_ms(FRESH_MS);
    check(has_functions(get(task, source, 1), "i"));
    db.n_rows = 0;
    pass_ms(FRESH_MS);
    check(get(task, source, 1) == NULL && task->fault.code == ERR_CONTRACT_NOT_FOUND);
    fake_now_is_real();
}

static void test_an_abi_is_read_once_and_its_version_once_a_second(void **state) {
    (void)state;
    begin(NULL, 0);
    (void)add_row(1, "fg");
    fake_run(get_again_and_again);
    end();
}

static void get_nothing(struct task *task, const struct source *source) {
    check(get(task, source, 1) == NULL && task->fault.code == ERR_CONTRACT_NOT_FOUND);
    check(strstr(task->fault.detail, "0x0101") != NULL);
    check(get(task, source, 1) == NULL && db.asked_versions == 1 && db.asked_all == 0);
    (void)add_row(1, "f");
    pass_ms(FRESH_MS);
    check(has_functions(get(task, source, 1), "f"));
    fake_now_is_real();
}

static void test_what_is_not_registered_is_known_for_a_second_too(void **state) {
    (void)state;
    begin(NULL, 0);
    fake_run(get_nothing);
    end();
}

static void get_without_database(struct task *task, const struct source *source) {
    const struct known_contract *known = get(task, source, 1);
    check(get(task, source, 3) == NULL);
    db.away = true;
    pass_ms(LATE_MS);
    check(get(task, source, 1) == known && known != NULL);
    check(get(task, source, 2) == NULL && task->fault.code == ERR_CONTRACTS_UNAVAILABLE);
    check(get(task, source, 3) == NULL && task->fault.code == ERR_CONTRACTS_UNAVAILABLE);
    const address wanted[] = {fake_address(1), fake_address(2)};
    const struct known_contract *found[2];
    abi_store_find(task, store, source, found, wanted, 2);
    check(found[0] == known && found[1] == NULL);
    fake_now_is_real();
}

static void test_what_is_known_outlives_the_database(void **state) {
    (void)state;
    begin(NULL, 0);
    (void)add_row(1, "f");
    (void)add_row(2, "g");
    fake_run(get_without_database);
    end();
}

static struct contract_row *add_proxy(uint8_t byte, const char *abi, uint8_t implementation) {
    struct contract_row *row = add_row(byte, abi);
    row->proxy = row->has_implementation = true;
    row->implementation = fake_address(implementation);
    return row;
}

static void get_joined(struct task *task, const struct source *source) {
    check(has_functions(get(task, source, 1), "!afbc") && db.asked_all == 1);
    check(has_functions(get(task, source, 2), "a!bc"));
    check(has_functions(get(task, source, 3), "z"));
    check(has_functions(get(task, source, 4), ""));
    set_abi(&db.rows[1], "x");
    db.rows[1].version = 2;
    db.rows[0].version = 2; /* as the database does it */
    check(has_functions(get(task, source, 1), "!afbc"));
    const address implementation = fake_address(2);
    abi_store_forget(store, 1337, &implementation);
    check(has_functions(get(task, source, 2), "x") && has_functions(get(task, source, 1), "!afx"));
    abi_store_forget(store, 1, &implementation); /* another chain's */
    unsigned asked = db.asked_versions;
    check(get(task, source, 1) != NULL && db.asked_versions == asked);
}

static void test_a_proxy_has_its_implementations_functions_behind_its_own(void **state) {
    (void)state;
    static const struct fake_answer unreachable[] = {
        {.match = "", .outcome = RPC_UNREACHABLE, .err = ERR_UPSTREAM_UNAVAILABLE, .detail = "no node"}};
    begin(unreachable, 1);
    (void)add_proxy(1, "!af", 2);
    (void)add_row(2, "a!bc");
    (void)add_proxy(3, "z", 9);
    (void)add_row(4, "a?");
    fake_run(get_joined);
    end();
}

#define WORD(last) "0x00000000000000000000000000000000000000000000000000000000000000" last
#define ADDRESS_WORD(byte) \
    "0x000000000000000000000000" byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte \
        byte byte byte
#define IMPLEMENTATION_SLOT "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
#define BEACON_SLOT "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"

static struct fake_answer slots[] = {
    {.match = IMPLEMENTATION_SLOT, .result = ADDRESS_WORD("02")},
    {.match = BEACON_SLOT, .result = WORD("00")},
    {.match = "0x5c60da1b", .result = ADDRESS_WORD("03")},
};

/* In: the moment, since reads of a chain wait and the clock of the loop goes on. */
static const struct known_contract *get_after(struct task *task, const struct source *source, uint8_t byte) {
    reactor_sleep_ms(fake.reactor, 1);
    abi_store_free(store); /* a new one has looked at nothing yet */
    store = abi_store_new(STORE_BYTES);
    return get(task, source, byte);
}

static void follow_slots(struct task *task, const struct source *source) {
    arena_reset(task->arena);
    check(has_functions(get(task, source, 1), "ab") && db.set == 0 && fake.asked == 2);
    check(get(task, source, 1) != NULL && fake.asked == 2);
    arena_reset(task->arena);
    slots[0].result = ADDRESS_WORD("03");
    check(has_functions(get_after(task, source, 1), "ac") && db.set == 1 && db.rows[0].version == 2);
    arena_reset(task->arena);
    slots[0].result = WORD("00");
    check(has_functions(get_after(task, source, 1), "a") && db.set == 2 && !db.rows[0].has_implementation);
    arena_reset(task->arena);
    slots[1].result = ADDRESS_WORD("08");
    check(has_functions(get_after(task, source, 1), "ac") && db.set == 3);
    check(strstr(fake.log, "call 0x0808080808080808080808080808080808080808 0x5c60da1b") != NULL);
    arena_reset(task->arena);
    slots[2].result = NULL; /* a beacon that reverts */
    check(has_functions(get_after(task, source, 1), "a") && db.set == 4);
    arena_reset(task->arena);
    slots[0].result = "0xff00000000000000000000000202020202020202020202020202020202020202"; /* no address */
    check(has_functions(get_after(task, source, 1), "a") && db.set == 4);
    arena_reset(task->arena);
    abi_store_free(store);
    store = abi_store_new(STORE_BYTES);
}

static void test_a_new_implementation_is_noticed_by_whoever_asks(void **state) {
    (void)state;
    begin(slots, 3);
    (void)add_proxy(1, "a", 2);
    (void)add_row(2, "b");
    (void)add_row(3, "c");
    fake_run(follow_slots);
    end();
}

static void look_now_and_then(struct task *task, const struct source *source) {
    (void)get(task, source, 1);
    check(fake.asked == 2);
    for (unsigned i = 0; i < CROWD; i++) (void)get(task, source, 1);
    check(fake.asked == 2);
    pass_ms(LOOK_MS);
    (void)get(task, source, 1);
    check(fake.asked == 4);
    (void)get(task, source, 2);
    check(fake.asked == 4);
}

static void test_slots_are_read_every_few_seconds_by_one(void **state) {
    (void)state;
    slots[0].result = ADDRESS_WORD("02");
    begin(slots, 3);
    (void)add_proxy(1, "a", 2);
    (void)add_row(2, "b");
    fake_run(look_now_and_then);
    end();
}

/* One of several coroutines that ask at once. */
struct asker {
    struct task task;
    uint64_t limit_ms;
    enum err err;
    const struct known_contract *known;
};

static void ask_once(void *arg) {
    struct asker *asker = arg;
    const struct source source = {.chain = &fake.chain, .cache = fake.cache};
    const address contract = fake_address(1);
    asker->task = (struct task){.reactor = fake.reactor, .arena = arena_new(STORE_BYTES), .name = "test"};
    asker->task.deadline_ms = reactor_now_ms(fake.reactor) + asker->limit_ms;
    asker->err = abi_store_get(&asker->task, store, &source, &asker->known, &contract);
}

static void ask_at_once(struct asker *askers, size_t n) {
    for (size_t i = 0; i < n; i++) reactor_spawn(fake.reactor, ask_once, &askers[i]);
    reactor_stop(fake.reactor);
    reactor_run(fake.reactor);
    for (size_t i = 0; i < n; i++) arena_free(askers[i].task.arena);
}

static void test_those_who_ask_at_once_ask_once(void **state) {
    struct asker askers[CROWD] = {{.limit_ms = LATE_MS}};
    (void)state;
    begin(NULL, 0);
    (void)add_row(1, "f");
    db.sleep_ms = 5;
    for (size_t i = 0; i < CROWD; i++) askers[i].limit_ms = LATE_MS;
    ask_at_once(askers, CROWD);
    for (size_t i = 0; i < CROWD; i++) assert_true(askers[i].err == ERR_OK && askers[i].known == askers[0].known);
    assert_int_equal(db.asked_versions, 1);
    assert_int_equal(db.asked_all, 1);
    end();
}

static void test_a_failure_is_told_to_all_and_nobodys_deadline_is_anothers(void **state) {
    struct asker askers[] = {{.limit_ms = 20}, {.limit_ms = LATE_MS}, {.limit_ms = 10}, {.limit_ms = LATE_MS}};
    (void)state;
    begin(NULL, 0);
    (void)add_row(1, "f");
    db.sleep_ms = 50;
    ask_at_once(askers, 4);
    assert_int_equal(askers[0].err, ERR_TIMEOUT); /* who asked first */
    assert_int_equal(askers[2].err, ERR_TIMEOUT);
    assert_true(askers[1].err == ERR_OK && askers[3].err == ERR_OK && askers[1].known == askers[3].known);
    struct asker again[] = {{.limit_ms = LATE_MS}, {.limit_ms = LATE_MS}};
    abi_store_free(store);
    store = abi_store_new(STORE_BYTES);
    db.away = true;
    ask_at_once(again, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(again[i].err, ERR_CONTRACTS_UNAVAILABLE);
        assert_string_equal(again[i].task.fault.detail, "away");
    }
    end();
}

static void find_many(struct task *task, const struct source *source) {
    const address wanted[] = {fake_address(1), fake_address(9), fake_address(2), fake_address(1)};
    const struct known_contract *found[4];
    (void)get(task, source, 2);
    abi_store_find(task, store, source, found, wanted, 4);
    check(has_functions(found[0], "f") && found[1] == NULL && has_functions(found[2], "g"));
    check(has_functions(found[3], "f"));
    check(db.asked_versions == 2 && db.asked_all == 2);
    abi_store_find(task, store, source, found, wanted, 4);
    check(has_functions(found[0], "f") && found[1] == NULL && db.asked_versions == 2);
    abi_store_find(task, store, source, found, wanted, 0);
}

static void test_many_are_found_by_one_question(void **state) {
    (void)state;
    begin(NULL, 0);
    (void)add_row(1, "f");
    (void)add_row(2, "g");
    fake_run(find_many);
    end();
}

static void get_more_than_fit(struct task *task, const struct source *source) {
    arena_reset(task->arena);
    const struct known_contract *first = get(task, source, 1);
    for (uint8_t i = 2; i <= 8; i++) {
        struct task other = *task;
        other.arena = arena_new(STORE_BYTES);
        check(get(&other, source, i) != NULL);
        arena_free(other.arena);
    }
    check(atomic_load(&parsed) == 8 && has_functions(first, "f"));
    check(get(task, source, 1) == first && atomic_load(&parsed) == 8); /* somebody holds it */
    check(get(task, source, 8) != NULL && atomic_load(&parsed) == 8);  /* the last one is still there */
    check(get(task, source, 2) != NULL && atomic_load(&parsed) == 9);  /* the first one that nobody holds is not */
    arena_reset(task->arena);
}

static void test_memory_is_bounded_and_the_least_recently_used_goes(void **state) {
    (void)state;
    begin(NULL, 0);
    abi_store_free(store);
    store = abi_store_new(2048);
    for (uint8_t i = 1; i <= 8; i++) (void)add_row(i, "f");
    fake_run(get_more_than_fit);
    end();
}

enum { THREADS = 4, ROUNDS = 400, CONTRACTS = 6 };

/* A reactor of its own. The versions that it sees never go back. */
static void hammer(void *arg) {
    struct reactor *reactor = arg;
    const struct source source = {.chain = &fake.chain, .cache = fake.cache};
    int64_t seen[CONTRACTS + 1] = {0};
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t byte = (uint8_t)(1 + i % CONTRACTS);
        const address contract = fake_address(byte);
        const struct known_contract *known = NULL;
        struct task task = {
            .reactor = reactor, .arena = arena_new(STORE_BYTES), .deadline_ms = UINT64_MAX, .name = "test"};
        bool ok = abi_store_get(&task, store, &source, &known, &contract) == ERR_OK && known->version >= seen[byte] &&
                  known->abi->n_items == (size_t)known->version;
        if (!ok) abort();
        seen[byte] = known->version;
        if (i % 50 == 0) {
            (void)pthread_mutex_lock(&db.mutex);
            struct contract_row *row = row_of(&contract);
            row->abi_len = (size_t)++row->version;
            (void)pthread_mutex_unlock(&db.mutex);
        }
        if (i % 3 == 0) abi_store_forget(store, 1337, &contract);
        arena_free(task.arena);
    }
}

static void *hammer_on_a_reactor(void *arg) {
    struct reactor *reactor = reactor_new(1);
    (void)arg;
    reactor_spawn(reactor, hammer, reactor);
    reactor_stop(reactor);
    reactor_run(reactor);
    reactor_free(reactor);
    return NULL;
}

static void test_threads_share_it(void **state) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    pthread_t threads[THREADS];
    (void)state;
    begin(NULL, 0);
    abi_store_free(store);
    store = abi_store_new(3000);
    for (uint8_t i = 1; i <= CONTRACTS; i++) add_row(i, letters)->abi_len = 1;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer_on_a_reactor, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) (void)pthread_join(threads[i], NULL);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_abi_is_read_once_and_its_version_once_a_second),
        cmocka_unit_test(test_what_is_not_registered_is_known_for_a_second_too),
        cmocka_unit_test(test_what_is_known_outlives_the_database),
        cmocka_unit_test(test_a_proxy_has_its_implementations_functions_behind_its_own),
        cmocka_unit_test(test_a_new_implementation_is_noticed_by_whoever_asks),
        cmocka_unit_test(test_slots_are_read_every_few_seconds_by_one),
        cmocka_unit_test(test_those_who_ask_at_once_ask_once),
        cmocka_unit_test(test_a_failure_is_told_to_all_and_nobodys_deadline_is_anothers),
        cmocka_unit_test(test_many_are_found_by_one_question),
        cmocka_unit_test(test_memory_is_bounded_and_the_least_recently_used_goes),
        cmocka_unit_test(test_threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
