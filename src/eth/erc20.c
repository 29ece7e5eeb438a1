/* The calls an ERC-20 token understands, ready to send, and what its getters answer; the table itself is eth/erc20.def.
 * Owns nothing but constants.
 * Any thread: pure functions. */
#include "eth/erc20.h"

#include <assert.h>
#include <string.h>

#include "abi/erc20.h"
#include "abi/solidity.h"
#include "abi/weth.h"

const struct erc20_function erc20_functions[ERC20_SELECTOR_COUNT] = {
#define SELECTOR(id, item) [ERC20_##id] = {.signature = item##_SIGNATURE, .selector = {item##_SELECTOR}},
#define TOPIC(id, item)
#include "eth/erc20.def"
#undef SELECTOR
#undef TOPIC
};

const struct erc20_event erc20_events[ERC20_TOPIC_COUNT] = {
#define SELECTOR(id, item)
#define TOPIC(id, item) [ERC20_TOPIC_##id] = {.signature = item##_SIGNATURE, .topic = {{item##_TOPIC}}},
#include "eth/erc20.def"
#undef SELECTOR
#undef TOPIC
};

void erc20_call_balance_of(struct abi_call *out, const address *owner) {
    erc20_balance_of_encode(out->data, owner);
    out->len = ERC20_BALANCE_OF_BYTES;
}

void erc20_call_allowance(struct abi_call *out, const address *owner, const address *spender) {
    erc20_allowance_encode(out->data, owner, spender);
    out->len = ERC20_ALLOWANCE_BYTES;
}

void erc20_call_getter(struct abi_call *out, enum erc20_selector getter) {
    assert(getter == ERC20_NAME || getter == ERC20_SYMBOL || getter == ERC20_DECIMALS || getter == ERC20_TOTAL_SUPPLY);
    memcpy(out->data, erc20_functions[getter].selector, ABI_SELECTOR_BYTES);
    out->len = ABI_SELECTOR_BYTES;
}

void erc20_metadata_init(struct erc20_metadata *metadata) {
    *metadata = (struct erc20_metadata){.decimals = -1};
}

/* ERC-20 has uint8; more than U256_MAX_DECIMALS cannot be shown, so it counts as unknown. */
static int16_t decode_decimals(const uint8_t *data, size_t len) {
    u256 value;
    if (abi_decode_u256(&value, data, len) != ERR_OK || !u256_fits_u64(&value)) return -1;
    return value.limb[0] <= U256_MAX_DECIMALS ? (int16_t)value.limb[0] : -1;
}

void erc20_metadata_take(struct erc20_metadata *metadata, enum erc20_selector getter, const uint8_t *data, size_t len) {
    struct erc20_metadata *m = metadata;
    assert(getter == ERC20_NAME || getter == ERC20_SYMBOL || getter == ERC20_DECIMALS);
    if (getter == ERC20_NAME) m->has_name = abi_decode_string(m->name, sizeof m->name, data, len) == ERR_OK;
    if (getter == ERC20_SYMBOL) m->has_symbol = abi_decode_string(m->symbol, sizeof m->symbol, data, len) == ERR_OK;
    if (getter == ERC20_DECIMALS) m->decimals = decode_decimals(data, len);
}
