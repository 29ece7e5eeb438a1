/* What is final may be kept for ever, so it is worth knowing early; but it moves in steps of minutes on mainnet, and of
 * a fixed lag elsewhere. The blocks belong to the chain's head.
 * On the task's thread, in a coroutine. */
#include "finality.h"

#include "answer.h"
#include "block_json.h"
#include "block_read.h"
#include "chain_state.h"
#include "core/clock.h"
#include "election.h"
#include "pool.h"
#include "publish.h"
#include "refresh.h"

enum { STEP_US = 12 * 1000 * 1000, STEP_BLOCKS = 8, ON_DEMAND_US = 30 * 1000 * 1000 };

static const enum head_tag tags[] = {HEAD_SAFE, HEAD_FINALIZED};
enum { N_TAGS = sizeof(tags) / sizeof(tags[0]) };

/* One caller at a time, of all reactors. Returns true for the one who is to ask now. */
static bool is_due(struct chain *chain, uint64_t pause_us) {
    uint64_t now_us = clock_now_us();
    uint64_t asked_us = atomic_load(&chain->finality_asked_us);
    if (asked_us != 0 && now_us - asked_us < pause_us) return false;
    return atomic_compare_exchange_strong(&chain->finality_asked_us, &asked_us, now_us);
}

static void take(struct chain *chain, const struct rpc_call *call, enum head_tag tag, uint64_t asked_us) {
    struct block_ref block;
    if (call->err == ERR_OK && block_json_read(&block, call->result)) {
        publish_block(chain, tag, &block, asked_us);
    } else {
        election_fail(chain, tag, 0, call->outcome); /* what it does not have is not asked again */
    }
}

/* In one request, unless the node takes no batches. */
static void send_together(struct task *task, struct chain *chain, struct rpc_call **calls, size_t n) {
    size_t refused = pool_send(task, chain, calls, n);
    for (size_t i = 0; i < refused; i++) (void)pool_send(task, chain, &calls[i], 1);
}

static void ask_one_for_both(struct task *task, struct chain *chain) {
    char params[N_TAGS][BLOCK_PARAMS_BYTES];
    struct rpc_call calls[N_TAGS];
    struct rpc_call *list[N_TAGS];
    size_t n = 0;
    for (size_t i = 0; i < N_TAGS; i++) {
        block_params_tag(params[i], tags[i]);
        calls[i] = (struct rpc_call){.method = "eth_getBlockByNumber", .params = params[i]};
        answer_clear(&calls[i]);
        if (!election_is_mute(chain, tags[i])) list[n++] = &calls[i];
    }
    uint64_t asked_us = clock_now_us();
    if (n > 0) send_together(task, chain, list, n);
    for (size_t i = 0; i < N_TAGS; i++) {
        if (!election_is_mute(chain, tags[i])) take(chain, &calls[i], tags[i], asked_us);
    }
}

static void ask_for_tag(struct task *task, void *arg, size_t i) {
    struct block_ref block;
    if (election_is_mute(arg, tags[i])) return;
    enum err err = refresh_tag(task, arg, &block, tags[i]);
    (void)err; /* a chain may have none */
}

void finality_follow(struct task *task, struct chain *chain) {
    uint64_t blocks_us = STEP_BLOCKS * 1000 * head_block_time_ms(chain->head);
    if (!is_due(chain, blocks_us > STEP_US ? blocks_us : STEP_US)) return;
    if (chain->n_upstreams == 1) {
        ask_one_for_both(task, chain);
    } else {
        task_parallel(task, N_TAGS, ask_for_tag, chain);
    }
}

bool finality_covers(struct task *task, struct chain *chain, uint64_t number) {
    if (head_is_final(chain->head, number)) return true;
    if (election_is_mute(chain, HEAD_FINALIZED) || !is_due(chain, ON_DEMAND_US)) return false;
    struct fault before = task->fault;
    struct block_ref finalized;
    if (refresh_tag(task, chain, &finalized, HEAD_FINALIZED) != ERR_OK) task->fault = before;
    return head_is_final(chain->head, number);
}
