/* WETH9 mints and burns without a Transfer; others that took over its events emit both, and would be counted twice.
 * Owns nothing. Pure: on the caller's thread. */
#include "wrap_logs.h"

#include <stdlib.h>
#include <string.h>

static bool same_transaction(const struct transfer_log *a, const struct transfer_log *b) {
    return a->place.block_number == b->place.block_number &&
           memcmp(a->place.tx_hash.bytes, b->place.tx_hash.bytes, sizeof a->place.tx_hash.bytes) == 0;
}

/* A Deposit is from the zero address and a Withdrawal to it, so a Transfer that says the same has the same ends. */
static bool says_the_same(const struct transfer_log *transfer, const struct transfer_log *wrap) {
    return transfer->kind == TRANSFER_EVENT && address_equal(&transfer->token, &wrap->token) &&
           address_equal(&transfer->from, &wrap->from) && address_equal(&transfer->to, &wrap->to) &&
           u256_cmp(&transfer->amount, &wrap->amount) == 0;
}

static bool same_wrap(const struct transfer_log *a, const struct transfer_log *b) {
    return a->kind == b->kind && address_equal(&a->token, &b->token) && address_equal(&a->from, &b->from) &&
           address_equal(&a->to, &b->to) && u256_cmp(&a->amount, &b->amount) == 0;
}

/* The k-th of several equal ones is doubled when there are more than k Transfers that say it. */
static bool is_doubled(const struct transfer_log *logs, size_t first, size_t end, size_t i) {
    const struct transfer_log *wrap = &logs[i];
    size_t earlier = 0, told = 0;
    if (wrap->kind == TRANSFER_EVENT) return false;
    for (size_t j = first; j < end; j++) {
        if (j < i && same_wrap(&logs[j], wrap)) earlier++;
        if (says_the_same(&logs[j], wrap)) told++;
    }
    return told > earlier;
}

static size_t end_of_transaction(const struct transfer_log *logs, size_t n, size_t first) {
    size_t end = first + 1;
    while (end < n && same_transaction(&logs[end], &logs[first])) end++;
    return end;
}

static size_t leave_out(struct transfer_log *logs, size_t n, const bool *left_out) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!left_out[i]) logs[kept++] = logs[i];
    }
    return kept;
}

size_t wrap_logs_drop_doubled(struct transfer_log *logs, size_t n) {
    if (n == 0) return 0;
    bool *doubled = calloc(n, sizeof *doubled);
    if (doubled == NULL) abort();
    for (size_t first = 0, end = 0; first < n; first = end) {
        end = end_of_transaction(logs, n, first);
        for (size_t i = first; i < end; i++) doubled[i] = is_doubled(logs, first, end, i);
    }
    n = leave_out(logs, n, doubled);
    free(doubled);
    return n;
}

size_t wrap_logs_keep(struct transfer_log *logs, size_t n, wrap_logs_fn counts, void *arg) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (logs[i].kind == TRANSFER_EVENT || counts(arg, &logs[i].token)) logs[kept++] = logs[i];
    }
    return kept;
}
