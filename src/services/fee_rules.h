/* How fees are reckoned from what nodes tell. Pure; any thread. */
#ifndef DAPPD_SERVICES_FEE_RULES_H
#define DAPPD_SERVICES_FEE_RULES_H

#include "rpc/fees.h"
#include "services/fee_service.h"

enum {
    FEE_FORECAST_BLOCKS = 5, /* behind the next one */
    FEE_MAX_RISE = 2,        /* times the next base fee: what six full blocks in a row raise it to */
    FEE_MIN_GAS = 21000      /* of any transaction */
};

/* The base fee of the block behind one with this header, by the rule of EIP-1559. In: gas_limit, at least 2. */
u256 fee_rules_next_base_fee(const u256 *base_fee, uint64_t gas_used, uint64_t gas_limit);

/* All of *out but the block. */
void fee_rules_reckon(struct fees *out, const struct fee_facts *facts);

/* What to sign where a node estimates so much: nothing more of what always takes the same. */
uint64_t fee_rules_gas_limit(uint64_t gas);

#endif
