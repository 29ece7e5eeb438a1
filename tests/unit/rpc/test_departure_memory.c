/* Contracts that answer without end: what they cost, they cost nobody else.
 * Each test makes and takes down its own net of fake nodes.
 * Runs on the main thread; the nodes run on theirs. */
#include "fake_state.h"

#include "rpc/departure.h"

/* Many times the memory that replies to plain calls are given; a reply has room for two answers. */
enum { READS = 60, REPLY_BYTES = 5 * MUCH_BYTES };

static struct one_read ones[READS];
static unsigned n_long, n_well, n_failed;

static void note(struct state_read *read) {
    if (read->err != ERR_OK) {
        n_failed++;
    } else if (read->len == MUCH_BYTES) {
        n_long++;
    } else if (read_value(read) == READS) {
        n_well++;
    }
}

static void send_all(struct task *task, struct chain *chain, void *arg) {
    (void)arg;
    struct block_ref block = state_block(1);
    struct state_read *reads[READS];
    for (uint32_t i = 0; i < READS; i++) {
        make_read(&ones[i], i == READS - 1 ? WELL : ANSWERS_MUCH, i + 1);
        reads[i] = &ones[i].read;
    }
    departure_send(task, chain, &block, reads, READS, note);
}

static void test_long_answers_leave_room_for_others(void **state) {
    (void)state;
    struct net net;
    struct fake_state node = {.witness = PARENT_BYTE};
    state_start(&net, &node, 1);
    net.chain->limits.max_reply_bytes = REPLY_BYTES;
    state_set_method(net.chain, METHOD_JSON_RPC, false);
    net_run(&net, send_all);
    net_close(&net);
    assert_int_equal(n_failed, 0);
    assert_int_equal(n_long, READS - 1);
    assert_int_equal(n_well, 1);
}

int main(void) {
    setenv("no_proxy", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_answers_leave_room_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
