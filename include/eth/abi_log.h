/* Which event of an ABI a log is. Untrusted bytes; pure, any thread. Source: Solidity ABI specification, "Events". */
#ifndef DAPPD_ETH_ABI_LOG_H
#define DAPPD_ETH_ABI_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "eth/abi_type.h"

/* The event whose arguments the log has, all of them, as abi_find_event finds it. A log that is none of them may be of
 * an anonymous event, if it fits exactly one. Appends the arguments as JSON, or nothing when they are longer than the
 * buffer may become. Returns NULL, with *args as it was, when there is no such event. In: topics with topic0, if the
 * log has any. */
const struct abi_item *abi_read_log(struct buf *args, const struct abi *abi, const hash32 *topics, size_t n_topics,
                                    const uint8_t *data, size_t len);

#endif
