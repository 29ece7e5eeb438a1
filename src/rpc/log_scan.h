/* Turns the logs of a reply into rows, straight from its text: no tree in between, which would cost ten times as much.
 * Reads untrusted bytes, does no I/O; any thread. Source: Ethereum JSON-RPC, eth_getLogs. */
#ifndef DAPPD_RPC_LOG_SCAN_H
#define DAPPD_RPC_LOG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json_scan.h"
#include "log_filter.h"
#include "rpc/logs.h"

/* Reads the result of eth_getLogs: an array of logs, whose members may come in any order with others between them.
 * Appends what was asked for to *out, in order. Returns false, with *out as it was, when the text is no such array, or
 * anything in it cannot be: a member missing, malformed or twice, a removed log, one that was not asked for, two in one
 * place, two hashes or times of one block. In: filter, with block_hash for a reply about one block. Out: n_seen, logs
 * in the reply, with those that are no transfers. */
bool log_scan(struct logs *out, size_t *n_seen, const char *text, size_t len, const struct log_filter *filter);

/* The same for logs within something else, at which the scan stands, of which only some are wanted: others are left
 * out. Appends unsorted. In: n_seen, added to. */
bool log_scan_some(struct logs *out, size_t *n_seen, struct json_scan *scan, const struct log_filter *filter);

#endif
