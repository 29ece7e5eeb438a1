/* Which Deposits and Withdrawals are told twice, and which are left once it is known who wraps the native coin.
 * Each row is a list of logs in a shorthand of its own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "indexer/wrap_logs.h"

enum { MAX_LOGS = 400 };

static struct transfer_log logs[MAX_LOGS];

/* Four letters for each log: kind (T transfer, M a Transfer from zero, B one to zero, D deposit, W withdrawal), token,
 * account, amount; a space ends a transaction. Returns how many. */
static size_t read_logs(const char *text) {
    size_t n = 0;
    uint8_t tx = 1;
    for (; *text != '\0'; text++) {
        if (*text == ' ') {
            tx++;
            continue;
        }
        char kind = text[0];
        address account = {.bytes = {(uint8_t)text[2]}}, zero = {{0}}, other = {.bytes = {0xff}};
        bool mints = kind == 'M' || kind == 'D', burns = kind == 'B' || kind == 'W';
        logs[n] = (struct transfer_log){
            .place = {.block_number = 7, .log_index = (uint32_t)n, .tx_hash = {.bytes = {tx}}},
            .kind = kind == 'D'   ? TRANSFER_DEPOSIT
                    : kind == 'W' ? TRANSFER_WITHDRAWAL
                                  : TRANSFER_EVENT,
            .token = {.bytes = {(uint8_t)text[1]}},
            .from = mints   ? zero
                    : burns ? account
                            : other,
            .to = burns ? zero : account,
            .amount = u256_from_u64((uint64_t)text[3]),
        };
        n++;
        text += 3;
    }
    return n;
}

/* The indexes of the logs that are left, as letters: a is the first. */
static const char *left(size_t n) {
    static char text[MAX_LOGS + 1];
    for (size_t i = 0; i < n; i++) text[i] = (char)('a' + logs[i].place.log_index);
    text[n] = '\0';
    return text;
}

static void test_doubled(void **state) {
    (void)state;
    static const struct {
        const char *logs;
        const char *left;
    } rows[] = {
        {"", ""},
        {"Dwx1", "a"}, /* WETH9 says it once */
        {"Wwx1", "a"},
        {"Dwx1Mwx1", "b"}, /* before its Transfer */
        {"Mwx1Dwx1", "a"}, /* behind it */
        {"Wwx1Bwx1", "b"},
        {"Dwx1Bwx1", "ab"}, /* a burn is no mint */
        {"Wwx1Mwx1", "ab"},
        {"Dwx1Mvx1", "ab"},     /* of another token */
        {"Dwx1Mwy1", "ab"},     /* to another account */
        {"Dwx1Mwx2", "ab"},     /* of another amount */
        {"Dwx1Twx1", "ab"},     /* from somebody, so no mint */
        {"Dwx1 Mwx1", "ab"},    /* in another transaction */
        {"Dwx1Dwx1Mwx1", "bc"}, /* one for one: WETH burnt by a Transfer to zero is no withdrawal */
        {"Dwx1Dwx1Mwx1Mwx1", "cd"},
        {"Mwx1Dwx1Mwx1Dwx1Wwx1", "ace"},
        {"Dwx1Dwy2Mwy2Mwx1Twx5", "cde"}, /* in any order */
        {"Dwx1 Dwx1Mwx1 Dwx1", "acd"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(left(wrap_logs_drop_doubled(logs, read_logs(rows[i].logs))), rows[i].left);
    }
}

static bool says(const struct transfer_log *a, const struct transfer_log *b, enum transfer_kind kind) {
    return a->kind == kind && address_equal(&a->token, &b->token) && address_equal(&a->from, &b->from) &&
           address_equal(&a->to, &b->to) && u256_cmp(&a->amount, &b->amount) == 0 &&
           hash32_equal(&a->place.tx_hash, &b->place.tx_hash);
}

/* The rule as it is said, of each log against all the others. */
static bool is_left(size_t n, size_t i) {
    size_t told = 0, earlier = 0;
    for (size_t j = 0; j < n; j++) {
        if (says(&logs[j], &logs[i], TRANSFER_EVENT)) told++;
        if (j < i && says(&logs[j], &logs[i], logs[i].kind)) earlier++;
    }
    return logs[i].kind == TRANSFER_EVENT || told <= earlier;
}

static void test_doubled_of_many(void **state) {
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 50; round++) {
        char text[5 * MAX_LOGS + 1], *p = text;
        size_t expected[MAX_LOGS], n_expected = 0;
        for (int i = 0; i < MAX_LOGS; i++) {
            seed = seed * 1664525 + 1013904223;
            if (seed >> 25 == 0) *p++ = ' ';
            *p++ = "TMBDW"[(seed >> 8) % 5];
            *p++ = "wv"[seed >> 13 & 1];
            *p++ = "xy"[seed >> 14 & 1];
            *p++ = "12"[seed >> 15 & 1];
        }
        *p = '\0';
        size_t n = read_logs(text);
        for (size_t i = 0; i < n; i++) {
            if (is_left(n, i)) expected[n_expected++] = i;
        }
        assert_int_equal(wrap_logs_drop_doubled(logs, n), n_expected);
        assert_in_range(n_expected, 1, n - 1);
        for (size_t i = 0; i < n_expected; i++) assert_int_equal(logs[i].place.log_index, expected[i]);
    }
}

static bool is_w(void *arg, const address *token) {
    *(unsigned *)arg += 1;
    return token->bytes[0] == 'w';
}

static void test_keep(void **state) {
    (void)state;
    unsigned asked = 0;
    size_t n = read_logs("Dwx1Dvx1Tvx1Wvx1Wwx1Twx1");
    assert_string_equal(left(wrap_logs_keep(logs, n, is_w, &asked)), "acef");
    assert_int_equal(asked, 4); /* a Transfer needs no leave */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubled),
        cmocka_unit_test(test_doubled_of_many),
        cmocka_unit_test(test_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
