/* The rules of registered contracts: what is asked of the chain and of the database, and what is not. The database, the
 * rights and the store of ABIs only note what they are asked; an ABI is a text that may hold a question mark.
 * Each test makes and ends its fake chain. One thread. */
#include "services/fake_chain.h"

#include "eth/abi_read.h"
#include "services/contract_service.h"

#define CODE "code 0x0101010101010101010101010101010101010101"
#define SLOT "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
#define WORD(byte) \
    "0x000000000000000000000000" byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte \
        byte byte byte

static struct {
    enum err admin_err;
    enum scope scope;
    bool there;              /* of any address, for a look that is no change */
    struct contract_row put; /* what was to be written */
    int64_t versions[MAX_EXPECTED_VERSIONS];
    size_t n_versions, puts, deletes, forgets, kept;
    bool by_configuration;
} world;

enum err auth_check_admin(struct task *task, const struct principal *principal, enum scope scope) {
    (void)principal;
    world.scope = scope;
    return world.admin_err == ERR_OK ? ERR_OK : task_fail(task, world.admin_err, "as the test has it");
}

static void note_versions(const int64_t *versions, size_t n) {
    world.n_versions = n;
    if (n > 0) memcpy(world.versions, versions, n * sizeof *versions);
}

enum err contract_repo_put(struct task *task, struct contract_row *out, bool *created, const struct contract_row *what,
                           const int64_t *versions, size_t n, const struct audit_actor *by) {
    (void)task;
    world.put = *out = *what;
    world.puts++;
    world.by_configuration = by == NULL;
    note_versions(versions, n);
    *created = true;
    return ERR_OK;
}

enum err contract_repo_delete(struct task *task, uint64_t chain, const address *contract, const int64_t *versions,
                              size_t n, const struct audit_actor *by) {
    (void)task;
    (void)contract;
    check(chain == 1337 && by != NULL);
    world.deletes++;
    note_versions(versions, n);
    return ERR_OK;
}

enum err contract_repo_get(struct task *task, struct contract_row *out, uint64_t chain, const address *contract) {
    *out = (struct contract_row){.chain_id = chain, .address = *contract, .version = 3};
    return world.there ? ERR_OK : task_fail(task, ERR_CONTRACT_NOT_FOUND, "none");
}

enum err contract_repo_versions(struct task *task, struct contract_row **out, size_t *n, uint64_t chain,
                                const address *addresses, size_t n_addresses) {
    (void)task;
    (void)out;
    (void)addresses;
    check(chain == 1337 && n_addresses == 1);
    *n = world.there ? 1 : 0;
    return ERR_OK;
}

enum err contract_repo_page(struct task *task, struct contract_row **out, size_t *n, bool *more, uint64_t chain,
                            const address *after, size_t limit) {
    (void)task;
    (void)out;
    (void)after;
    check(chain == 1337 && limit == 7);
    *n = 0;
    *more = true;
    return ERR_OK;
}

enum err contract_repo_keep_configured(struct task *task, uint64_t chain, const address *addresses, size_t n) {
    (void)task;
    check(chain == 1337 && n == 1 && addresses[0].bytes[0] == 1);
    world.kept++;
    return ERR_OK;
}

void abi_store_forget(struct abi_store *store, uint64_t chain, const address *contract) {
    (void)store;
    check(chain == 1337 && contract->bytes[0] == 1);
    world.forgets++;
}

/* Out of date once. */
enum err abi_store_get(struct task *task, struct abi_store *store, const struct source *source,
                       const struct known_contract **out, const address *contract) {
    static struct known_contract known;
    (void)task;
    (void)store;
    (void)source;
    known = (struct known_contract){.address = *contract, .version = world.forgets > 0 ? 3 : 2};
    *out = &known;
    return ERR_OK;
}

enum err abi_read_text(const struct abi **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES], const char *text,
                       size_t len) {
    (void)out;
    (void)arena;
    if (memchr(text, '?', len) == NULL) return ERR_OK;
    (void)snprintf(problem, ABI_PROBLEM_BYTES, "abi[0]: there is a question mark");
    return ERR_INVALID_ABI;
}

uint64_t chain_block_time_ms(const struct chain *chain) {
    (void)chain;
    return 0;
}

static const struct fake_answer contract[] = {
    {.match = CODE, .result = "0x60"},
    {.match = "storage", .result = WORD("00")},
};
static const struct fake_answer proxy[] = {
    {.match = CODE, .result = "0x60"},
    {.match = SLOT, .result = WORD("02")},
    {.match = "storage", .result = WORD("00")},
};
static const struct fake_answer nothing[] = {{.match = "code", .result = "0x"}};

static struct contract_wish wish;
static struct expected_versions expected;
static enum err err;
static char detail[TASK_DETAIL_BYTES];

static void begin(const struct fake_answer *answers, size_t n) {
    fake_begin(answers, n);
    memset(&world, 0, sizeof world);
    wish = (struct contract_wish){.address = fake_address(1), .abi = "[]", .abi_len = 2, .events = true};
    expected = (struct expected_versions){.any = true};
}

static void put(struct task *task, const struct source *source) {
    static const struct principal principal;
    const struct caller caller = {.principal = &principal, .request_id = "r"};
    struct contract_row out;
    bool created;
    err = contract_service_put(task, &caller, NULL, source, &out, &created, &wish, &expected);
    (void)snprintf(detail, sizeof detail, "%s", task->fault.detail);
}

static void expect_put(enum err wanted, const char *words) {
    fake_run(put);
    if (err != wanted || (words != NULL && strstr(detail, words) == NULL)) fail_msg("%d: %s", err, detail);
    assert_int_equal(world.puts, wanted == ERR_OK ? 1 : 0);
    assert_int_equal(world.forgets, world.puts);
}

static void test_what_is_written(void **state) {
    (void)state;
    begin(contract, 2);
    wish.name = "N";
    wish.has_from_block = true;
    wish.from_block = 7;
    expect_put(ERR_OK, NULL);
    assert_int_equal(world.scope, SCOPE_CONTRACTS_WRITE);
    assert_true(world.put.chain_id == 1337 && world.put.address.bytes[0] == 1 && world.put.events);
    assert_string_equal(world.put.name, "N");
    assert_true(world.put.has_from_block && world.put.from_block == 7);
    assert_false(world.put.proxy || world.put.configured || world.by_configuration);
    assert_int_equal(world.n_versions, 0);
    assert_null(strstr(fake.log, "storage"));
    fake_end();
}

static void test_who_may_not_costs_no_question(void **state) {
    (void)state;
    begin(contract, 2);
    world.admin_err = ERR_FORBIDDEN;
    expect_put(ERR_FORBIDDEN, NULL);
    assert_int_equal(fake.asked, 0);
    fake_end();
}

static void test_what_is_no_wish(void **state) {
    (void)state;
    begin(contract, 2);
    wish.name = " N";
    expect_put(ERR_INVALID_PARAMETER, "name is not");
    wish.name = NULL;
    wish.abi = "[?";
    expect_put(ERR_INVALID_ABI, "question mark");
    wish.abi = NULL;
    expect_put(ERR_INVALID_PARAMETER, "abi is missing");
    assert_int_equal(fake.asked, 0);
    fake_end();
}

static void test_no_code_is_looked_for_in_a_newer_block(void **state) {
    (void)state;
    begin(nothing, 1);
    expect_put(ERR_NOT_A_CONTRACT, "in block 101");
    assert_int_equal(fake.forgets, 1);
    assert_int_equal(fake.asked, 2);
    fake_end();
}

static void test_a_proxy_is_followed_if_it_is_one(void **state) {
    (void)state;
    begin(proxy, 3);
    wish.proxy = true;
    expect_put(ERR_OK, NULL);
    assert_true(world.put.proxy && world.put.has_implementation && world.put.implementation.bytes[19] == 2);
    fake_end();
    begin(contract, 2);
    wish.proxy = true;
    expect_put(ERR_OK, NULL);
    assert_false(world.put.proxy || world.put.has_implementation);
    fake_end();
}

static void test_without_an_abi_its_implementation_has_one(void **state) {
    (void)state;
    begin(proxy, 3);
    wish.proxy = true;
    wish.abi = NULL;
    expect_put(ERR_INVALID_PARAMETER,
               "the implementation 0x0202020202020202020202020202020202020202 is not registered");
    world.there = true;
    expect_put(ERR_OK, NULL);
    assert_int_equal(world.put.abi_len, 2);
    assert_memory_equal(world.put.abi, "[]", 2);
    fake_end();
    begin(contract, 2);
    wish.proxy = true;
    wish.abi = NULL;
    expect_put(ERR_INVALID_PARAMETER, "no proxy by EIP-1967");
    fake_end();
}

static void test_versions_that_are_expected(void **state) {
    (void)state;
    begin(contract, 2);
    expected = (struct expected_versions){.versions = {4, 9}, .n = 2};
    expect_put(ERR_OK, NULL);
    assert_true(world.n_versions == 2 && world.versions[0] == 4 && world.versions[1] == 9);
    fake_end();
    begin(contract, 2);
    expected = (struct expected_versions){.any = false}; /* tags that are none of ours */
    expect_put(ERR_OK, NULL);
    assert_true(world.n_versions == 1 && world.versions[0] == -1);
    fake_end();
    begin(contract, 2);
    expected.must_exist = true;
    expect_put(ERR_PRECONDITION_FAILED, "not registered");
    world.there = true;
    expect_put(ERR_OK, NULL);
    assert_int_equal(world.n_versions, 0);
    fake_end();
}

static void delete_one(struct task *task, const struct source *source) {
    static const struct principal principal;
    const struct caller caller = {.principal = &principal, .request_id = "r"};
    err = contract_service_delete(task, &caller, NULL, source, &wish.address, &expected);
}

static void test_who_may_forget_a_contract(void **state) {
    (void)state;
    begin(contract, 2);
    world.admin_err = ERR_FORBIDDEN;
    fake_run(delete_one);
    assert_true(err == ERR_FORBIDDEN && world.deletes == 0 && world.forgets == 0);
    world.admin_err = ERR_OK;
    fake_run(delete_one);
    assert_true(err == ERR_OK && world.deletes == 1 && world.forgets == 1 && fake.asked == 0);
    assert_int_equal(world.scope, SCOPE_CONTRACTS_WRITE);
    fake_end();
}

static void configure(struct task *task, const struct source *source) {
    check(contract_service_configure(task, NULL, source, &wish) == ERR_OK);
    check(contract_service_keep_configured(task, source, &wish, 1) == ERR_OK);
}

static void test_the_configuration_is_nobody(void **state) {
    (void)state;
    begin(contract, 2);
    fake_run(configure);
    assert_true(world.puts == 1 && world.by_configuration && world.put.configured && world.kept == 1);
    assert_int_equal(world.scope, SCOPE_NONE);
    fake_end();
}

static void show(struct task *task, const struct source *source) {
    const struct known_contract *known;
    struct contract_row row;
    struct contract_page page;
    world.there = true;
    check(contract_service_get(task, NULL, source, &row, &known, &wish.address) == ERR_OK);
    check(known->version == row.version && world.forgets == 1);
    check(contract_service_page(task, source, &page, NULL, 7) == ERR_OK && page.more);
}

static void test_what_is_shown_is_of_one_version(void **state) {
    (void)state;
    begin(contract, 2);
    fake_run(show);
    fake_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written),
        cmocka_unit_test(test_who_may_not_costs_no_question),
        cmocka_unit_test(test_what_is_no_wish),
        cmocka_unit_test(test_no_code_is_looked_for_in_a_newer_block),
        cmocka_unit_test(test_a_proxy_is_followed_if_it_is_one),
        cmocka_unit_test(test_without_an_abi_its_implementation_has_one),
        cmocka_unit_test(test_versions_that_are_expected),
        cmocka_unit_test(test_who_may_forget_a_contract),
        cmocka_unit_test(test_the_configuration_is_nobody),
        cmocka_unit_test(test_what_is_shown_is_of_one_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
