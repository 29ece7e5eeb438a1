/* Every node that is well is asked the same, side by side, and no other one in its stead. Owns nothing.
 * On the task's thread, in a coroutine. */
#include "rpc/tx_poll.h"

#include <stdio.h>

#include "chain_state.h"
#include "eth/hex.h"
#include "pool.h"
#include "receipt_scan.h"

enum { MAX_NODES = 5, PARAMS_BYTES = 192, ADDRESS_HEX_BYTES = 2 * 20 + 3 };

/* What is asked, and of whom. */
struct poll {
    struct chain *chain;
    char params[PARAMS_BYTES];
    enum tx_poll (*ask)(struct task *task, const struct poll *poll, struct upstream *upstream);
    uint64_t nonce;
    const u256 *amount;
    const hash32 *tx;
    const hash32 *block;
    bool failed;
    struct upstream *nodes[MAX_NODES];
    enum tx_poll votes[MAX_NODES];
    size_t n;
};

static enum tx_poll vote_on(bool holds) {
    return holds ? TX_POLL_YES : TX_POLL_NO;
}

static enum tx_poll ask_nonce(struct task *task, const struct poll *poll, struct upstream *upstream) {
    struct rpc_call call = {.method = "eth_getTransactionCount", .params = poll->params};
    uint64_t count;
    if (pool_ask(task, poll->chain, upstream, &call, UPSTREAM_CALLS) != RPC_OK) return TX_POLL_UNCLEAR;
    enum err err = hex_decode_u64(&count, json_string_value(call.result), json_string_length(call.result));
    return err == ERR_OK ? vote_on(count > poll->nonce) : TX_POLL_UNCLEAR;
}

static enum tx_poll ask_funds(struct task *task, const struct poll *poll, struct upstream *upstream) {
    struct rpc_call call = {.method = "eth_getBalance", .params = poll->params};
    u256 balance;
    if (pool_ask(task, poll->chain, upstream, &call, UPSTREAM_CALLS) != RPC_OK) return TX_POLL_UNCLEAR;
    enum err err = u256_from_hex(&balance, json_string_value(call.result), json_string_length(call.result));
    return err == ERR_OK ? vote_on(u256_cmp(&balance, poll->amount) >= 0) : TX_POLL_UNCLEAR;
}

/* A receipt on its way. */
struct paper {
    const struct poll *poll;
    enum tx_poll vote;
};

static enum rpc_outcome take_receipt(const struct rpc_call *call, const char *text, size_t len) {
    struct paper *paper = call->reader->arg;
    const struct poll *poll = paper->poll;
    struct receipt receipt = {.state = RECEIPT_UNKNOWN};
    paper->vote = TX_POLL_NO;
    if (len == 4 && text[0] == 'n') return RPC_OK;
    const bool read = receipt_scan(&receipt, text, len, poll->tx);
    const bool failed = receipt.has_status && !receipt.succeeded;
    paper->vote = vote_on(read && hash32_equal(&receipt.block.hash, poll->block) && failed == poll->failed);
    receipt_free(&receipt);
    return read ? RPC_OK : RPC_NONSENSE;
}

static enum tx_poll ask_receipt(struct task *task, const struct poll *poll, struct upstream *upstream) {
    struct paper paper = {.poll = poll, .vote = TX_POLL_UNCLEAR};
    struct rpc_reader reader = {.result = take_receipt, .arg = &paper};
    struct rpc_call call = {.method = "eth_getTransactionReceipt", .params = poll->params, .reader = &reader};
    return pool_ask(task, poll->chain, upstream, &call, UPSTREAM_CALLS) == RPC_OK ? paper.vote : TX_POLL_UNCLEAR;
}

static void ask_one(struct task *task, void *arg, size_t i) {
    struct poll *poll = arg;
    poll->votes[i] = poll->ask(task, poll, poll->nodes[i]);
}

static void choose(struct poll *poll) {
    const uint64_t now_ms = upstream_now_ms();
    for (size_t i = 0; i < poll->chain->n_upstreams && poll->n < MAX_NODES; i++) {
        struct upstream *upstream = &poll->chain->upstreams[i];
        if (upstream_look(upstream, now_ms).fitness <= UPSTREAM_WAITING) poll->nodes[poll->n++] = upstream;
    }
}

static enum tx_poll take(struct task *task, struct poll *poll) {
    size_t counts[] = {[TX_POLL_UNCLEAR] = 0, [TX_POLL_YES] = 0, [TX_POLL_NO] = 0};
    choose(poll);
    if (poll->n == 0) return TX_POLL_UNCLEAR;
    task_parallel(task, poll->n, ask_one, poll);
    for (size_t i = 0; i < poll->n; i++) counts[poll->votes[i]]++;
    if (counts[TX_POLL_YES] == counts[TX_POLL_NO]) return TX_POLL_UNCLEAR;
    return vote_on(counts[TX_POLL_YES] > counts[TX_POLL_NO]);
}

size_t tx_poll_nodes(const struct chain *chain) {
    return chain->n_upstreams < MAX_NODES ? chain->n_upstreams : MAX_NODES;
}

static void write_account(struct poll *poll, const address *account, const hash32 *block) {
    char account_hex[ADDRESS_HEX_BYTES], block_hex[HASH32_TEXT_BYTES];
    (void)snprintf(poll->params, sizeof poll->params, "[\"%s\",{\"blockHash\":\"%s\",\"requireCanonical\":true}]",
                   hex_encode(account_hex, account->bytes, sizeof account->bytes), hash32_format(block_hex, block));
}

enum tx_poll tx_poll_nonce(struct task *task, struct chain *chain, const address *sender, uint64_t nonce,
                           const hash32 *block) {
    struct poll poll = {.chain = chain, .ask = ask_nonce, .nonce = nonce};
    write_account(&poll, sender, block);
    return take(task, &poll);
}

enum tx_poll tx_poll_funds(struct task *task, struct chain *chain, const address *account, const u256 *amount,
                           const hash32 *block) {
    struct poll poll = {.chain = chain, .ask = ask_funds, .amount = amount};
    write_account(&poll, account, block);
    return take(task, &poll);
}

enum tx_poll tx_poll_receipt(struct task *task, struct chain *chain, const hash32 *tx, const hash32 *block,
                             bool failed) {
    char tx_hex[HASH32_TEXT_BYTES];
    struct poll poll = {.chain = chain, .ask = ask_receipt, .tx = tx, .block = block, .failed = failed};
    (void)snprintf(poll.params, sizeof poll.params, "[\"%s\"]", hash32_format(tx_hex, tx));
    return take(task, &poll);
}
