/* Logs as clients see them. Pure, any thread. */
#ifndef DAPPD_SERVICES_EVENT_JSON_H
#define DAPPD_SERVICES_EVENT_JSON_H

#include "core/json_out.h"
#include "eth/abi_type.h"
#include "eth/event_log.h"

/* The members "address", "name", "signature", "args", "topics" and "data", into an object that has begun. The second to
 * fourth are null of what neither the ABI (NULL: none) nor the built-in one knows. */
void event_json_write(struct json_out *out, const struct event_log *log, const struct abi *abi);

#endif
