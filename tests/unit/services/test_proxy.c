/* Proxies: what stands in their slots, how it is noticed, and what it adds to their ABI.
 * Each test makes and ends its fake chain. One thread. */
#include "services/abi_world.h"

enum { LOOK_MS = 3000, CROWD = 5 };

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
    check(has_functions(get(task, source, 5), "qabc")); /* the constructor is not its own */
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
    (void)add_proxy(5, "q", 2);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_proxy_has_its_implementations_functions_behind_its_own),
        cmocka_unit_test(test_a_new_implementation_is_noticed_by_whoever_asks),
        cmocka_unit_test(test_slots_are_read_every_few_seconds_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
