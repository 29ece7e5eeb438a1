/* Registered contracts as JSON. Owns nothing; the request's coroutine. */
#ifndef DAPPD_ROUTES_CONTRACT_VIEW_H
#define DAPPD_ROUTES_CONTRACT_VIEW_H

#include "core/json_out.h"
#include "eth/abi_type.h"
#include "services/contract_service.h"

/* One of a list. */
void contract_view(struct json_out *out, const struct contract_row *row);

/* With its ABI as it was registered, and in "signatures" all that can be called and is logged, its implementation's
 * included. In: abi, all of that. */
void contract_view_whole(struct json_out *out, const struct contract_row *row, const struct abi *abi);

#endif
