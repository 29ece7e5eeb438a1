/* The calls an ERC-20 token understands, ready to send; the table itself is eth/erc20.def.
 * Owns nothing but constants.
 * Any thread: pure functions. */
#include "eth/erc20.h"

#include <assert.h>

const struct erc20_function erc20_functions[ERC20_SELECTOR_COUNT] = {
#define SELECTOR(id, signature_, ...) [ERC20_##id] = {.signature = signature_, .selector = {__VA_ARGS__}},
#define TOPIC(id, signature_, ...)
#include "eth/erc20.def"
#undef SELECTOR
#undef TOPIC
};

const struct erc20_event erc20_events[ERC20_TOPIC_COUNT] = {
#define SELECTOR(id, signature_, ...)
#define TOPIC(id, signature_, ...) [ERC20_TOPIC_##id] = {.signature = signature_, .topic = {{__VA_ARGS__}}},
#include "eth/erc20.def"
#undef SELECTOR
#undef TOPIC
};

void erc20_call_balance_of(struct abi_call *out, const address *owner) {
    abi_call_begin(out, erc20_functions[ERC20_BALANCE_OF].selector);
    abi_call_address(out, owner);
}

void erc20_call_allowance(struct abi_call *out, const address *owner, const address *spender) {
    abi_call_begin(out, erc20_functions[ERC20_ALLOWANCE].selector);
    abi_call_address(out, owner);
    abi_call_address(out, spender);
}

void erc20_call_getter(struct abi_call *out, enum erc20_selector getter) {
    assert(getter == ERC20_NAME || getter == ERC20_SYMBOL || getter == ERC20_DECIMALS || getter == ERC20_TOTAL_SUPPLY);
    abi_call_begin(out, erc20_functions[getter].selector);
}
