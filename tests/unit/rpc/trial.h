/* One batch of reads sent to fake nodes, and what became of each read. There is one trial, planned anew by each test;
 * it belongs to the test. On the main thread; the nodes run on theirs. */
#ifndef DAPPD_TESTS_TRIAL_H
#define DAPPD_TESTS_TRIAL_H

#include "fake_state.h"

#include "rpc/departure.h"
#include "rpc/method.h"

enum { MAX_READS = MULTICALL_MAX_ITEMS };

/* What became of each read, kept past its arena. */
struct fate {
    unsigned done;
    enum rpc_outcome outcome;
    enum err err;
    uint32_t value;
    size_t len;
    char detail[64];
};

static struct trial {
    struct one_read reads[MAX_READS];
    size_t n;
    struct fate fates[MAX_READS];
} trial;

static inline void note(struct state_read *read) {
    struct one_read *one = (struct one_read *)((char *)read - offsetof(struct one_read, read));
    struct fate *fate = &trial.fates[one - trial.reads];
    fate->done++;
    fate->outcome = read->outcome;
    fate->err = read->err;
    fate->value = read_value(read);
    fate->len = read->len;
    snprintf(fate->detail, sizeof fate->detail, "%s", read->detail);
}

static inline void send_all(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    struct block_ref block = state_block(1);
    struct state_read *reads[MAX_READS];
    for (size_t i = 0; i < trial.n; i++) reads[i] = &trial.reads[i].read;
    departure_send(task, chain, &block, reads, trial.n, note);
}

/* Reads that all do well, each with its number. */
static inline void plan(size_t n) {
    memset(&trial, 0, sizeof trial);
    trial.n = n;
    for (size_t i = 0; i < n; i++) make_read(&trial.reads[i], WELL, (uint32_t)i + 1);
}

static inline void misbehave(size_t i, enum behaviour behaviour) {
    make_read(&trial.reads[i], behaviour, (uint32_t)i + 1);
}

static inline void send_by(struct net *net, enum method method, bool provable) {
    state_set_method(net->chain, method, provable);
    net_run(net, send_all);
    for (size_t i = 0; i < trial.n; i++) assert_int_equal(trial.fates[i].done, 1);
}

static inline void send_to(struct fake_state *states, size_t n, enum method method, bool provable) {
    struct net net;
    state_start(&net, states, n);
    send_by(&net, method, provable);
    net_close(&net);
}

static inline void assert_well(size_t i) {
    assert_int_equal(trial.fates[i].err, ERR_OK);
    assert_int_equal(trial.fates[i].value, i + 1);
    assert_string_equal(trial.fates[i].detail, "");
}

static inline void assert_all_well(void) {
    for (size_t i = 0; i < trial.n; i++) assert_well(i);
}

static inline struct fake_state good_node(void) {
    return (struct fake_state){.multicall3 = true, .fan_out = true, .witness = PARENT_BYTE};
}

#endif
