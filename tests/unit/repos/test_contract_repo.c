/* Registered contracts, against a PostgreSQL of the test's own. Each test has a schema, a reactor and a pool.
 * Runs on one thread, besides libuv's own. */
#include "accounts.h"
#include "repos/contract_repo.h"

#define ABI_1 "[\"function f()\"]"
#define ABI_2 "[\"function g() view returns (uint256)\",\"event E()\"]"

enum { CHAIN = 31337, CROWD = 6, MANY = 5 };

static struct audit_actor admin;
static uuid key_1;
static size_t n_created, n_refused;

static int reset(void **state) {
    int result = accounts_reset(state);
    key_1 = uuid_new();
    admin = (struct audit_actor){.user = &user_1, .key = &key_1, .request_id = "r-1"};
    n_created = n_refused = 0;
    return result;
}

static struct contract_row contract_of(unsigned n, const char *abi) {
    return (struct contract_row){
        .chain_id = CHAIN, .address = address_of(n), .abi = abi, .abi_len = strlen(abi), .events = true};
}

static enum err put(struct task *task, struct contract_row *out, bool *created, const struct contract_row *what) {
    return contract_repo_put(task, out, created, what, NULL, 0, &admin);
}

static bool same(const struct contract_row *a, const struct contract_row *b) {
    return a->id == b->id && a->version == b->version && a->abi_len == b->abi_len &&
           memcmp(a->abi, b->abi, a->abi_len) == 0 && a->proxy == b->proxy && a->events == b->events &&
           a->has_implementation == b->has_implementation && address_equal(&a->implementation, &b->implementation) &&
           a->has_from_block == b->has_from_block && a->from_block == b->from_block &&
           (a->name == NULL) == (b->name == NULL) && (a->name == NULL || strcmp(a->name, b->name) == 0) &&
           a->updated_at == b->updated_at;
}

static void put_and_get(struct actor *actor) {
    struct task *task = &actor->task;
    struct contract_row what = contract_of(1, ABI_1), plain = contract_of(2, ABI_2), row, found;
    bool created;
    what.name = "A contract";
    what.proxy = what.has_implementation = what.has_from_block = true;
    what.implementation = address_of(7);
    what.from_block = 5000000000;
    plain.events = false;
    expect(put(task, &row, &created, &what) == ERR_OK && created && row.version == 1 && row.created_at > 100);
    expect(contract_repo_get(task, &found, CHAIN, &what.address) == ERR_OK && same(&row, &found));
    expect(strcmp(found.name, what.name) == 0 && found.proxy && found.events && found.from_block == 5000000000);
    expect(found.abi_len == strlen(ABI_1) && memcmp(found.abi, ABI_1, found.abi_len) == 0 && !found.configured);
    expect(found.has_implementation && address_equal(&found.implementation, &what.implementation));
    expect(put(task, &row, &created, &plain) == ERR_OK && created && row.name == NULL && !row.events);
    expect(!row.proxy && !row.has_implementation && !row.has_from_block);
    expect(contract_repo_get(task, &found, CHAIN + 1, &what.address) == ERR_CONTRACT_NOT_FOUND);
    const address nobody = address_of(9);
    expect(contract_repo_get(task, &found, CHAIN, &nobody) == ERR_CONTRACT_NOT_FOUND);
}

static void test_a_contract_is_found_as_it_was_registered(void **state) {
    (void)state;
    scene_play(&accounts_pool, put_and_get, 1);
    assert_string_equal(audit_log("^contract"), "contract.register abi+name+proxy+implementation+events+from_block;"
                                                "contract.register abi");
    assert_true(in_uuid(&user_1, "SELECT actor FROM audit WHERE id = 1"));
    assert_true(in_uuid(&user_1, "SELECT user_id FROM audit WHERE id = 1"));
    assert_true(in_uuid(&key_1, "SELECT actor_key FROM audit WHERE id = 1"));
    assert_string_equal(ask("SELECT chain_id || ' ' || encode(contract, 'hex') || ' ' || request_id FROM audit"
                            " ORDER BY id LIMIT 1"),
                        "31337 0100ad0000000000000000000000000000000000 r-1");
}

static void change_one_by_one(struct actor *actor) {
    struct task *task = &actor->task;
    struct contract_row what = contract_of(1, ABI_1), row;
    bool created;
    expect(put(task, &row, &created, &what) == ERR_OK && created);
    const int32_t id = row.id;
    expect(put(task, &row, &created, &what) == ERR_OK && !created && row.version == 1 && row.id == id);
    what.name = "N";
    expect(put(task, &row, &created, &what) == ERR_OK && !created && row.version == 2 && row.id == id);
    what.abi = ABI_2;
    what.abi_len = strlen(ABI_2);
    expect(put(task, &row, &created, &what) == ERR_OK && row.version == 3 && row.abi_len == strlen(ABI_2));
    what.has_from_block = true; /* block 0, which is not the same as none */
    expect(put(task, &row, &created, &what) == ERR_OK && row.version == 4 && row.has_from_block);
    what.name = NULL;
    what.events = false;
    expect(put(task, &row, &created, &what) == ERR_OK && row.version == 5 && row.name == NULL && !row.events);
}

static void test_a_change_is_logged_with_what_it_changes_and_none_is_none(void **state) {
    (void)state;
    scene_play(&accounts_pool, change_one_by_one, 1);
    assert_string_equal(audit_log("^contract"), "contract.register abi+events;contract.update name;contract.update abi;"
                                                "contract.update from_block;contract.update name+events");
}

static void expect_versions(struct actor *actor) {
    struct task *task = &actor->task;
    struct contract_row what = contract_of(1, ABI_1), row;
    const int64_t none[] = {-1}, first[] = {0, 1}, later[] = {7, 2};
    bool created;
    expect(contract_repo_put(task, &row, &created, &what, later, 2, &admin) == ERR_PRECONDITION_FAILED);
    expect(contract_repo_put(task, &row, &created, &what, first, 2, &admin) == ERR_OK && created);
    what.name = "N";
    expect(contract_repo_put(task, &row, &created, &what, later, 2, &admin) == ERR_PRECONDITION_FAILED);
    expect(contract_repo_put(task, &row, &created, &what, first, 2, &admin) == ERR_OK && row.version == 2);
    expect(contract_repo_delete(task, CHAIN, &what.address, first, 2, &admin) == ERR_PRECONDITION_FAILED);
    expect(contract_repo_delete(task, CHAIN, &what.address, none, 1, &admin) == ERR_PRECONDITION_FAILED);
    expect(contract_repo_delete(task, CHAIN, &what.address, later, 2, &admin) == ERR_OK);
    expect(contract_repo_delete(task, CHAIN, &what.address, NULL, 0, &admin) == ERR_CONTRACT_NOT_FOUND);
}

static void test_a_change_is_made_of_the_version_that_was_read(void **state) {
    (void)state;
    scene_play(&accounts_pool, expect_versions, 1);
    assert_string_equal(audit_log("^contract"), "contract.register abi+events;contract.update name;contract.delete");
    assert_int_equal(count("contracts"), 0);
}

static void register_at_once(struct actor *actor) {
    struct contract_row what = contract_of(1, ABI_1), row;
    char name[] = {(char)('a' + actor->i), '\0'};
    const int64_t absent[] = {0};
    bool created;
    what.name = name;
    enum err err = contract_repo_put(&actor->task, &row, &created, &what, absent, 1, &admin);
    expect(err == ERR_OK || err == ERR_PRECONDITION_FAILED);
    n_created += err == ERR_OK && created;
    n_refused += err == ERR_PRECONDITION_FAILED;
}

static void test_one_of_many_at_once_registers_it(void **state) {
    (void)state;
    scene_play(&accounts_pool, register_at_once, CROWD);
    assert_int_equal(n_created, 1);
    assert_int_equal(n_refused, CROWD - 1);
}

static void configure_at_once(struct actor *actor) {
    struct contract_row what = contract_of(1, ABI_1), row;
    bool created;
    what.configured = true;
    expect(contract_repo_put(&actor->task, &row, &created, &what, NULL, 0, NULL) == ERR_OK && row.version == 1);
    n_created += created;
}

static void change_configured(struct actor *actor) {
    struct task *task = &actor->task;
    struct contract_row what = contract_of(1, ABI_2), row;
    bool created;
    expect(put(task, &row, &created, &what) == ERR_CONTRACT_CONFIGURED);
    expect(contract_repo_delete(task, CHAIN, &what.address, NULL, 0, &admin) == ERR_CONTRACT_CONFIGURED);
    expect(contract_repo_keep_configured(task, CHAIN, &what.address, 1) == ERR_OK);
    expect(contract_repo_keep_configured(task, CHAIN + 1, NULL, 0) == ERR_OK);
    expect(put(task, &row, &created, &what) == ERR_CONTRACT_CONFIGURED);
    expect(contract_repo_keep_configured(task, CHAIN, NULL, 0) == ERR_OK);
    expect(put(task, &row, &created, &what) == ERR_OK && !row.configured);
}

static void test_what_is_configured_is_changed_there_and_nowhere_else(void **state) {
    (void)state;
    scene_play(&accounts_pool, configure_at_once, CROWD);
    assert_int_equal(n_created, 1);
    assert_string_equal(audit_log("."), "");
    scene_play(&accounts_pool, change_configured, 1);
    assert_string_equal(audit_log("."), "contract.update abi");
}

static int64_t version_of(struct task *task, unsigned n) {
    const address contract = address_of(n);
    struct contract_row row;
    return contract_repo_get(task, &row, CHAIN, &contract) == ERR_OK ? row.version : 0;
}

static void change_behind_proxies(struct actor *actor) {
    struct task *task = &actor->task;
    struct contract_row proxy = contract_of(1, "[]"), logic = contract_of(2, ABI_1), row;
    const address other = address_of(3);
    bool created;
    proxy.proxy = proxy.has_implementation = true;
    proxy.implementation = logic.address;
    expect(put(task, &row, &created, &proxy) == ERR_OK && version_of(task, 1) == 1);
    expect(put(task, &row, &created, &logic) == ERR_OK && version_of(task, 1) == 2);
    logic.name = "N";
    expect(put(task, &row, &created, &logic) == ERR_OK && version_of(task, 1) == 3 && version_of(task, 2) == 2);
    expect(contract_repo_set_implementation(task, CHAIN, &proxy.address, &logic.address) == ERR_OK);
    expect(version_of(task, 1) == 3);
    expect(contract_repo_delete(task, CHAIN, &logic.address, NULL, 0, &admin) == ERR_OK && version_of(task, 1) == 4);
    expect(contract_repo_set_implementation(task, CHAIN, &proxy.address, &other) == ERR_OK);
    expect(contract_repo_get(task, &row, CHAIN, &proxy.address) == ERR_OK && row.version == 5);
    expect(address_equal(&row.implementation, &other));
    expect(contract_repo_set_implementation(task, CHAIN, &proxy.address, NULL) == ERR_OK);
    expect(contract_repo_get(task, &row, CHAIN, &proxy.address) == ERR_OK && !row.has_implementation);
    expect(put(task, &row, &created, &logic) == ERR_OK && version_of(task, 1) == 6);
    expect(contract_repo_set_implementation(task, CHAIN, &logic.address, &other) == ERR_OK); /* it is no proxy */
    expect(version_of(task, 2) == 1);
}

static void test_a_proxy_changes_with_its_implementation(void **state) {
    (void)state;
    scene_play(&accounts_pool, change_behind_proxies, 1);
}

static void read_pages(struct actor *actor) {
    struct task *task = &actor->task;
    for (size_t limit = 1; limit <= MANY + 1; limit++) {
        struct contract_row *rows;
        address last;
        size_t n = 0, n_rows;
        bool more = true;
        while (more) {
            const address *after = n > 0 ? &last : NULL;
            expect(contract_repo_page(task, &rows, &n_rows, &more, CHAIN, after, limit) == ERR_OK);
            expect(n_rows == limit || (!more && n_rows < limit));
            for (size_t i = 0; i < n_rows; i++, n++) {
                expect(n == 0 || memcmp(last.bytes, rows[i].address.bytes, sizeof last.bytes) < 0);
                expect(rows[i].chain_id == CHAIN && rows[i].abi == NULL);
                last = rows[i].address;
            }
            if (n_rows == 0) break;
        }
        expect(n == MANY);
    }
}

static void find_some(struct actor *actor) {
    const address wanted[] = {address_of(1), address_of(250), address_of(4)};
    struct contract_row *rows;
    size_t n;
    expect(contract_repo_indexed(&actor->task, NULL, &rows, &n, CHAIN) == ERR_OK && n == 3);
    for (size_t i = 0; i < n; i++) expect(rows[i].events && rows[i].abi == NULL);
    expect(contract_repo_find(&actor->task, NULL, &rows, &n, CHAIN, wanted, 3) == ERR_OK && n == 2);
    for (size_t i = 0; i < n; i++) expect(rows[i].abi_len == 2 && memcmp(rows[i].abi, "[]", 2) == 0);
    expect(contract_repo_versions(&actor->task, &rows, &n, CHAIN, wanted, 3) == ERR_OK && n == 2);
    for (size_t i = 0; i < n; i++) expect(rows[i].abi == NULL && rows[i].version == 3);
}

static void in_a_session(struct actor *actor) {
    const address wanted = address_of(1);
    struct pg_session *session;
    struct contract_row *rows;
    size_t n;
    expect(pg_lease(&actor->task, &session) == ERR_OK);
    expect(contract_repo_indexed(&actor->task, session, &rows, &n, CHAIN) == ERR_OK && n == 3);
    expect(contract_repo_find(&actor->task, session, &rows, &n, CHAIN, &wanted, 1) == ERR_OK && n == 1);
    pg_release(&actor->task, session);
}

static void test_lists_have_the_chains_contracts_alone(void **state) {
    (void)state;
    (void)ask("INSERT INTO contracts (chain_id, address, abi, version, proxy, events, created_at, updated_at)"
              " SELECT c, decode(lpad(to_hex(n), 2, '0') || '00ad' || repeat('00', 17), 'hex'), '[]', 3, false,"
              "  n %% 2 = 1, 1, 1 FROM generate_series(1, %d) n, unnest(ARRAY[%d, 1]) c",
              MANY, CHAIN);
    scene_play(&accounts_pool, read_pages, 1);
    scene_play(&accounts_pool, find_some, 1);
    scene_play(&accounts_pool, in_a_session, 1);
}

static void ask_in_vain(struct actor *actor) {
    struct contract_row what = contract_of(1, ABI_1), row, *rows;
    bool created;
    size_t n;
    expect(contract_repo_get(&actor->task, &row, CHAIN, &what.address) == ERR_CONTRACTS_UNAVAILABLE);
    expect(put(&actor->task, &row, &created, &what) == ERR_CONTRACTS_UNAVAILABLE);
    expect(contract_repo_versions(&actor->task, &rows, &n, CHAIN, &what.address, 1) == ERR_CONTRACTS_UNAVAILABLE);
}

static void test_without_a_database_contracts_are_unavailable(void **state) {
    (void)state;
    scene_play(NULL, ask_in_vain, 1);
}

#define test_of(test) cmocka_unit_test_setup(test, reset)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of(test_a_contract_is_found_as_it_was_registered),
        test_of(test_a_change_is_logged_with_what_it_changes_and_none_is_none),
        test_of(test_a_change_is_made_of_the_version_that_was_read),
        test_of(test_one_of_many_at_once_registers_it),
        test_of(test_what_is_configured_is_changed_there_and_nowhere_else),
        test_of(test_a_proxy_changes_with_its_implementation),
        test_of(test_lists_have_the_chains_contracts_alone),
        test_of(test_without_a_database_contracts_are_unavailable),
    };
    return cmocka_run_group_tests(tests, accounts_begin, accounts_end);
}
