/* WETH9 mints and burns without a Transfer; others that took over its events emit both, and would be counted twice.
 * Owns nothing. Pure: on the caller's thread. */
#include "wrap_logs.h"

#include <stdlib.h>
#include <string.h>

static bool same_transaction(const struct transfer_log *a, const struct transfer_log *b) {
    return a->place.block_number == b->place.block_number &&
           memcmp(a->place.tx_hash.bytes, b->place.tx_hash.bytes, sizeof a->place.tx_hash.bytes) == 0;
}

static size_t end_of_transaction(const struct transfer_log *logs, size_t n, size_t first) {
    size_t end = first + 1;
    while (end < n && same_transaction(&logs[end], &logs[first])) end++;
    return end;
}

/* A Deposit is from the zero address and a Withdrawal to it, so a Transfer that says the same has the same ends. */
static int compare_said(const struct transfer_log *a, const struct transfer_log *b) {
    int order = memcmp(a->token.bytes, b->token.bytes, sizeof a->token.bytes);
    if (order == 0) order = memcmp(a->from.bytes, b->from.bytes, sizeof a->from.bytes);
    if (order == 0) order = memcmp(a->to.bytes, b->to.bytes, sizeof a->to.bytes);
    return order != 0 ? order : u256_cmp(&a->amount, &b->amount);
}

/* Of those that say the same Transfers come first, then the others by kind; equal ones stay in their order. */
static int compare_logs(const void *left, const void *right) {
    const struct transfer_log *a = *(const struct transfer_log *const *)left;
    const struct transfer_log *b = *(const struct transfer_log *const *)right;
    int order = compare_said(a, b);
    if (order == 0) order = (int)a->kind - (int)b->kind;
    return order != 0 ? order : (a > b) - (a < b);
}

/* The k-th of several equal ones is doubled when there are more than k Transfers that say it. In: sorted, of one
 * transaction; logs, all of them, of which each has its place in doubled. */
static void mark_doubled(bool *doubled, const struct transfer_log *logs, const struct transfer_log *const *sorted,
                         size_t n) {
    size_t told = 0, earlier = 0;
    for (size_t i = 0; i < n; i++) {
        bool others = i == 0 || compare_said(sorted[i - 1], sorted[i]) != 0;
        if (others) told = 0;
        if (others || sorted[i - 1]->kind != sorted[i]->kind) earlier = 0;
        if (sorted[i]->kind == TRANSFER_EVENT) {
            told++;
        } else {
            doubled[sorted[i] - logs] = told > earlier++;
        }
    }
}

static size_t leave_out(struct transfer_log *logs, size_t n, const bool *left_out) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!left_out[i]) logs[kept++] = logs[i];
    }
    return kept;
}

/* By sorting: a transaction may have tens of thousands of them, made by somebody who wants them to be compared each
 * with each. */
size_t wrap_logs_drop_doubled(struct transfer_log *logs, size_t n) {
    if (n == 0) return 0;
    bool *doubled = calloc(n, sizeof *doubled);
    const struct transfer_log **sorted = calloc(n, sizeof(*sorted));
    if (doubled == NULL || sorted == NULL) abort();
    for (size_t i = 0; i < n; i++) sorted[i] = &logs[i];
    for (size_t first = 0, end = 0; first < n; first = end) {
        end = end_of_transaction(logs, n, first);
        qsort(sorted + first, end - first, sizeof(*sorted), compare_logs);
        mark_doubled(doubled, logs, sorted + first, end - first);
    }
    n = leave_out(logs, n, doubled);
    free(sorted);
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
