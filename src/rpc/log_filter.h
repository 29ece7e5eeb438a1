/* Which logs are asked for, ready to be compared with what comes back. Owned by whoever made it; any thread. */
#ifndef DAPPD_RPC_LOG_FILTER_H
#define DAPPD_RPC_LOG_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "rpc/logs.h"

struct log_filter {
    enum logs_kind kind;
    address *tokens; /* sorted */
    size_t n_tokens; /* 0: every contract */
    uint64_t from;
    uint64_t to;
    const hash32 *block_hash; /* borrowed; NULL: blocks by number */
};

/* Out: from and to are those of any block. */
void log_filter_init(struct log_filter *filter, const struct logs_filter *wanted);
void log_filter_free(struct log_filter *filter);

/* Geth takes so many contracts in one question. */
enum { LOG_FILTER_MAX_TOKENS = 1000 };

/* Calls ask for parts of the filter that have no more contracts than that, until it returns something else than 0,
 * which is returned. Parts borrow from the filter. */
typedef int (*log_filter_ask)(const struct log_filter *part, void *arg);
int log_filter_each_part(const struct log_filter *filter, log_filter_ask ask, void *arg);

/* A log of this contract was asked for; this event is one that moves tokens. */
bool log_filter_has_token(const struct log_filter *filter, const address *token);
bool log_filter_has_event(const hash32 *topic);

/* Returns false when the header's bloom says that no log of these is in the block. */
bool log_filter_bloom(const struct log_filter *filter, const uint8_t bloom[BLOOM_BYTES]);

/* Appends the parameters of eth_getLogs and NUL: by hash where the filter has one, else by number. */
void log_filter_params(struct buf *out, const struct log_filter *filter);

#endif
