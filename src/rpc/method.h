/* How a chain's nodes are best asked for many things at once: found out by asking, remembered for a while. Shared by
 * all reactors: everything is atomic. */
#ifndef DAPPD_RPC_METHOD_H
#define DAPPD_RPC_METHOD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/block.h"

struct chain;
struct packing;

enum method {
    METHOD_MULTICALL3, /* one eth_call of the contract */
    METHOD_FAN_OUT,    /* one eth_call with init code */
    METHOD_JSON_RPC,   /* a JSON-RPC batch of calls */
    METHOD_SINGLES,    /* that, at nodes that take no batches */
    METHOD_COUNT
};

/* What is known of a chain's nodes. */
struct batching {
    atomic_bool probed;        /* chosen is what nodes said */
    atomic_int chosen;         /* enum method; never METHOD_SINGLES */
    _Atomic uint64_t due_ms;   /* when to ask again, by upstream_now_ms; 0: never asked */
    atomic_bool provable;      /* packed calls have been seen to tell which block they ran at */
    _Atomic uint64_t usual_us; /* how long a batch is usually under way; 0: not known */
};

/* The way for now. Asks the nodes when nobody has lately: once for all coroutines of the reactor, and briefly. Without
 * an answer it is METHOD_JSON_RPC, which every node understands. In: block, which nodes can be asked about. */
enum method method_choose(struct task *task, struct chain *chain, const struct block_ref *block);

/* How a method packs reads; NULL: it does not. */
const struct packing *method_packing(enum method method);

/* Text of a method for metrics and /status. */
const char *method_name(enum method method);

/* What /status shows: the method's name, or NULL while nobody has asked. */
const char *method_status(const struct chain *chain);

#endif
