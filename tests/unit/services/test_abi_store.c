/* The store of ABIs: what is asked how often, what is shared, and what is given while nobody can tell.
 * Each test makes and ends its fake chain. One thread, but for the last test. */
#include "services/abi_world.h"

enum { CROWD = 5, LATE_MS = 60000 };

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
        cmocka_unit_test(test_those_who_ask_at_once_ask_once),
        cmocka_unit_test(test_a_failure_is_told_to_all_and_nobodys_deadline_is_anothers),
        cmocka_unit_test(test_many_are_found_by_one_question),
        cmocka_unit_test(test_memory_is_bounded_and_the_least_recently_used_goes),
        cmocka_unit_test(test_threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
