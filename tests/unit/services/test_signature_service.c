/* Whose signature it is: the account's own key, the contract that it is, the one that it will be, or nobody's.
 * Each test makes and ends its fake chain; the group owns libsecp256k1's context.
 * Runs on one thread, from the root of the checkout. */
#include "services/fake_chain.h"
#include "vectors.h"

#include "eth/contract_signature.h"
#include "eth/signature.h"
#include "services/signature_service.h"

/* Of the hash of 32 bytes of 0x11, as every row of signature_edges.tsv. */
#define HASH "1111111111111111111111111111111111111111111111111111111111111111"
#define SIGNER "0x43329740920ede1bd5dfdc28cf06799c3c4ef836"
#define ZEROS_28 "00000000000000000000000000000000000000000000000000000000"
#define YES "0x1626ba7e" ZEROS_28
#define ASKED "call " SIGNER " 0x1626ba7e" HASH

enum { MAX_BYTES = CONTRACT_SIGNATURE_MAX_BYTES + 1 };

static struct trial {
    const char *account;
    uint8_t *signature;
    size_t len;
    enum err err;
    bool own_key;
    struct fault fault;
} trial;

static int start(void **state) {
    (void)state;
    signature_start();
    return 0;
}

static int stop(void **state) {
    (void)state;
    signature_stop();
    return 0;
}

static void body(struct task *task, const struct source *source) {
    address account;
    hash32 hash;
    memset(hash.bytes, 0x11, sizeof hash.bytes);
    check(address_parse(&account, trial.account, strlen(trial.account)) == ERR_OK);
    trial.own_key = true;
    trial.err = signature_service_check(task, source, &trial.own_key, &account, &hash, trial.signature, trial.len);
    trial.fault = task->fault;
    check(trial.err == ERR_OK || trial.err == task->fault.code);
}

/* In: the name of a row, whose signature it takes. */
static void load(const char *what) {
    struct vectors v;
    trial = (struct trial){.account = SIGNER};
    vectors_open(&v, "signature_edges.tsv");
    while (vectors_next(&v, 3)) {
        if (strcmp(v.fields[0], what) == 0) trial.signature = vectors_bytes(&trial.len, v.fields[2]);
    }
    vectors_close(&v, 50);
    assert_non_null(trial.signature);
}

/* The same of wallet_checks.tsv, which is wrapped. */
static void load_wrapped(const char *what) {
    struct vectors v;
    trial = (struct trial){.account = SIGNER};
    vectors_open(&v, "wallet_checks.tsv");
    while (vectors_next(&v, 6)) {
        if (strcmp(v.fields[0], what) == 0) trial.signature = vectors_bytes(&trial.len, v.fields[3]);
    }
    vectors_close(&v, 50);
    assert_non_null(trial.signature);
}

static void unload(void) {
    free(trial.signature);
    trial.signature = NULL;
}

/* The trial's signature on a chain that answers whatever is asked in this way. */
static void run(const struct fake_answer *answer) {
    fake_begin(answer, answer != NULL ? 1 : 0);
    fake_run(body);
}

static void expect(enum err err, bool own_key, size_t asked) {
    assert_int_equal(trial.err, err);
    assert_int_equal(trial.own_key, own_key);
    assert_int_equal(fake.asked, asked);
    fake_end();
}

static const struct fake_answer no_code = {.match = ASKED, .result = "0x"}, yes = {.match = ASKED, .result = YES};

static void test_its_own_key_asks_nobody(void **state) {
    (void)state;
    static const char *const forms[] = {"as signed", "v is the parity", "64 bytes"};
    for (size_t i = 0; i < 3; i++) {
        load(forms[i]);
        run(NULL);
        expect(ERR_OK, true, 0);
        unload();
    }
}

static void test_another_key_is_a_mismatch(void **state) {
    (void)state;
    load("the other v is of somebody else");
    run(&no_code);
    assert_non_null(strcasestr(trial.fault.detail, SIGNER));
    assert_non_null(strstr(fake.log, "@100\n")); /* the newest block */
    expect(ERR_SIGNATURE_MISMATCH, false, 1);
    unload();
}

/* High s, zero r, truncated and whatever else no key makes. */
static void test_what_no_key_makes_is_malformed(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "signature_edges.tsv");
    while (vectors_next(&v, 3)) {
        if (strncmp(v.fields[1], "0x", 2) == 0) continue;
        trial = (struct trial){.account = SIGNER};
        trial.signature = vectors_bytes(&trial.len, v.fields[2]);
        run(&no_code);
        expect(ERR_INVALID_SIGNATURE, false, 1);
        unload();
    }
    vectors_close(&v, 50);
}

/* A contract says what it takes: another's signature, one that is malformed, none. */
static void test_a_contract_takes_what_it_likes(void **state) {
    (void)state;
    static const char *const taken[] = {"the other v is of somebody else", "high s", "63 bytes", "130 bytes",
                                        "nothing"};
    for (size_t i = 0; i < 5; i++) {
        load(taken[i]);
        run(&yes);
        expect(ERR_OK, false, 1);
        unload();
    }
}

static void test_a_contract_says_no(void **state) {
    (void)state;
    static const struct fake_answer refusals[] = {
        {.match = ASKED, .result = "0xffffffff" ZEROS_28},
        {.match = ASKED, .result = YES "00"},
        {.match = ASKED, .result = "0x1626ba7e"},
        {.match = ASKED, .result = "0x" HASH},
        {.match = ASKED, .outcome = RPC_REVERTED, .err = ERR_EXECUTION_REVERTED, .detail = "execution reverted"},
        {.match = ASKED, .outcome = RPC_OUT_OF_GAS, .err = ERR_EXECUTION_REVERTED, .detail = "out of gas"},
    };
    static const char *const signatures[] = {"the other v is of somebody else", "high s"};
    for (size_t i = 0; i < 12; i++) {
        load(signatures[i % 2]);
        run(&refusals[i / 2]);
        expect(ERR_SIGNATURE_MISMATCH, false, 1);
        unload();
    }
}

static void test_a_wallet_that_is_not_made_yet(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "init code 0x0000000000000000000000000000000000000000 0x38", .result = YES},
        {.match = "init code", .result = "0x"},
        {.match = "init code", .outcome = RPC_REVERTED, .err = ERR_EXECUTION_REVERTED, .detail = "execution reverted"},
        {.match = "init code", .outcome = RPC_OUT_OF_GAS, .err = ERR_EXECUTION_REVERTED, .detail = "out of gas"},
    };
    for (size_t i = 0; i < 4; i++) {
        load_wrapped("not made yet, its owner");
        run(&answers[i]);
        expect(i == 0 ? ERR_OK : ERR_SIGNATURE_MISMATCH, false, 1);
        unload();
    }
}

/* The wallet is asked, also where its address is that of the key that has signed inside. */
static void test_what_is_wrapped_is_never_its_own_key(void **state) {
    (void)state;
    static const struct fake_answer nothing = {.match = "init code", .result = "0x"};
    load("as signed");
    uint8_t *inner = trial.signature;
    load_wrapped("not made yet, its owner");
    assert_int_equal(trial.len, 32 * 12);
    memcpy(trial.signature + 32 * 8, inner, 65); /* in the place of the other one */
    run(&nothing);
    expect(ERR_SIGNATURE_MISMATCH, false, 1);
    unload();
    free(inner);
}

static void test_what_is_wrapped_wrongly_is_malformed(void **state) {
    (void)state;
    load_wrapped("not made yet, its owner");
    trial.signature[0] = 1; /* in front of an address */
    run(NULL);
    expect(ERR_INVALID_SIGNATURE, false, 0);
    unload();
}

static void test_length_has_an_end(void **state) {
    (void)state;
    load_wrapped("not made yet, the longest data");
    assert_in_range(trial.len, CONTRACT_SIGNATURE_MAX_BYTES - 31, CONTRACT_SIGNATURE_MAX_BYTES);
    unload();
    trial = (struct trial){.account = SIGNER, .signature = calloc(1, MAX_BYTES), .len = MAX_BYTES};
    run(NULL);
    expect(ERR_INVALID_SIGNATURE, false, 0);
    unload();
}

/* Nodes that fail say nothing of the signature. */
static void test_a_failing_node_is_no_refusal(void **state) {
    (void)state;
    static const struct fake_answer failures[] = {
        {.match = "",
         .outcome = RPC_UNREACHABLE,
         .err = ERR_UPSTREAM_UNAVAILABLE,
         .detail = "none",
         .retry_after_s = 7},
        {.match = "", .outcome = RPC_NONSENSE, .err = ERR_UPSTREAM_ERROR, .detail = "nonsense", .retry_after_s = 7},
        {.match = "", .outcome = RPC_TIMED_OUT, .err = ERR_TIMEOUT, .detail = "late", .retry_after_s = 7},
    };
    for (size_t i = 0; i < 6; i++) {
        if (i % 2 == 0) load("high s");
        if (i % 2 == 1) load_wrapped("not made yet, its owner");
        run(&failures[i / 2]);
        assert_string_equal(trial.fault.detail, failures[i / 2].detail);
        assert_int_equal(trial.fault.retry_after_s, 7);
        expect(failures[i / 2].err, false, 1);
        unload();
    }
}

static void test_a_block_that_goes_away(void **state) {
    (void)state;
    static const struct fake_answer answers[] = {
        {.match = "@100", .outcome = RPC_BLOCK_UNKNOWN, .err = ERR_BLOCK_NOT_FOUND, .detail = "gone"},
        {.match = "@101", .result = YES},
    };
    load("the other v is of somebody else");
    fake_begin(answers, 2);
    fake_run(body);
    assert_int_equal(fake.forgets, 1);
    expect(ERR_OK, false, 2);
    unload();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_its_own_key_asks_nobody),
        cmocka_unit_test(test_another_key_is_a_mismatch),
        cmocka_unit_test(test_what_no_key_makes_is_malformed),
        cmocka_unit_test(test_a_contract_takes_what_it_likes),
        cmocka_unit_test(test_a_contract_says_no),
        cmocka_unit_test(test_a_wallet_that_is_not_made_yet),
        cmocka_unit_test(test_what_is_wrapped_is_never_its_own_key),
        cmocka_unit_test(test_what_is_wrapped_wrongly_is_malformed),
        cmocka_unit_test(test_length_has_an_end),
        cmocka_unit_test(test_a_failing_node_is_no_refusal),
        cmocka_unit_test(test_a_block_that_goes_away),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
