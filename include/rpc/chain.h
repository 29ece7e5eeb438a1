/* A chain: its identity, its upstreams and its head. Shared by all reactors; made and freed by app. */
#ifndef DAPPD_RPC_CHAIN_H
#define DAPPD_RPC_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/cache.h"
#include "core/json_out.h"
#include "core/task.h"
#include "eth/block.h"

struct chain;

/* A header that goes with every request to a node, such as Authorization. */
struct header_config {
    const char *name;
    const char *value; /* secret */
};

struct upstream_config {
    const char *name;     /* shown in /status, logs and metrics */
    const char *url;      /* http://, https://, http+unix:/socket or ipc:/socket; secret */
    unsigned priority;    /* lower is asked first; among equals the better one */
    unsigned calls_per_s; /* JSON-RPC calls it may be sent a second; 0: no limit but what it teaches */
    unsigned max_batch;   /* calls in one JSON-RPC batch; 0: as the setting rpc_max_batch */
    const struct header_config *headers;
    size_t n_headers;
};

struct chain_config {
    const char *name;          /* "default" when not configured */
    uint64_t id;               /* EIP-155 chain id; 0: whatever the first node to answer says */
    const char *native_symbol; /* "ETH" */
    unsigned native_decimals;
    uint64_t block_time_ms;                  /* 0: measured */
    const struct upstream_config *upstreams; /* in order of priority */
    size_t n_upstreams;
};

/* Limits on talking to nodes, from the settings. */
struct rpc_limits {
    uint64_t connect_timeout_ms;
    uint64_t attempt_timeout_ms;
    size_t max_reply_bytes;
    size_t max_batch; /* calls in one JSON-RPC batch */
};

/* In: config and the strings in it are copied; chain_label: position of this chain's name among the metrics' label
 * values; first_upstream_label likewise for its first upstream. */
struct chain *chain_new(const struct chain_config *config, const struct rpc_limits *limits, struct cache *cache,
                        size_t chain_label, size_t first_upstream_label);
void chain_free(struct chain *chain);

const char *chain_name(const struct chain *chain);
const char *chain_native_symbol(const struct chain *chain);
unsigned chain_native_decimals(const struct chain *chain);

/* The chain id, or 0 while no node has told and none is configured. Known once any chain_resolve has succeeded. */
uint64_t chain_id(const struct chain *chain);

/* How long until the next block is due, in whole seconds, at least 1: the max-age of an answer at the head. */
unsigned chain_max_age_s(const struct chain *chain, uint64_t wall_us);

/* What was last known of BLOCK_LATEST, BLOCK_SAFE or BLOCK_FINALIZED, whatever its age, without asking anyone. Returns
 * false when that is nothing. */
bool chain_known_block(struct chain *chain, struct block_ref *out, enum block_kind kind);

/* The height that more than half of the nodes have come to, of two both, without asking anyone: what is never to be
 * taken back does not rest on one node's word, as the head does while the other one of two stands still, or before the
 * chain id is known. Returns false when too few have told. */
bool chain_reached(struct chain *chain, uint64_t *number);

/* Milliseconds between blocks, as configured or measured; 0: not known yet. */
uint64_t chain_block_time_ms(const struct chain *chain);

/* Follows the head on this reactor until chain_stop: asks about once per block, slows to nothing while nobody wants to
 * know. Starts a coroutine and returns. */
void chain_follow(struct chain *chain, struct reactor *reactor);

/* On the following reactor's thread: ends the follower, and what any reactor still asks on the side. */
void chain_stop(struct chain *chain);

/* Turns what a client named into one block. latest: the head that most of the nodes agree on, refreshed first when it
 * is older than the poll interval allows. A number or hash is checked to be canonical. Errors: ERR_BLOCK_NOT_FOUND
 * (beyond the head, unknown or orphaned hash), ERR_UPSTREAM_*, ERR_TIMEOUT. */
enum err chain_resolve(struct task *task, struct chain *chain, struct block_ref *out,
                       const struct block_spec *spec) MUST_CHECK;

/* A node said that this head is unknown or not canonical: forget it, so that the next chain_resolve asks again. */
void chain_forget_head(struct chain *chain, const hash32 *hash);

/* The newest block seen, without asking anyone. Returns false when there is none yet. Out: age_ms since it was read. */
bool chain_head(struct chain *chain, struct block_ref *out, uint64_t *age_ms);

/* Writes into the chain's object of /status: name, id, head, upstreams by name with their state. Never a URL. */
void chain_render_status(struct chain *chain, struct json_out *out);

#endif
