/* Selectors and topics of the built-in contracts (eth/erc20.def), and the calldata of the ERC-20 reads. Pure, any
 * thread. Source: EIP-20. */
#ifndef DAPPD_ETH_ERC20_H
#define DAPPD_ETH_ERC20_H

#include <stdint.h>

#include "eth/abi.h"

enum erc20_selector {
#define SELECTOR(id, item) ERC20_##id,
#define TOPIC(id, item)
#include "eth/erc20.def"
#undef SELECTOR
#undef TOPIC
    ERC20_SELECTOR_COUNT
};

enum erc20_topic {
#define SELECTOR(id, item)
#define TOPIC(id, item) ERC20_TOPIC_##id,
#include "eth/erc20.def"
#undef SELECTOR
#undef TOPIC
    ERC20_TOPIC_COUNT
};

/* One row of each table. */
struct erc20_function {
    const char *signature;
    uint8_t selector[4];
};
struct erc20_event {
    const char *signature;
    hash32 topic;
};

extern const struct erc20_function erc20_functions[ERC20_SELECTOR_COUNT];
extern const struct erc20_event erc20_events[ERC20_TOPIC_COUNT];

void erc20_call_balance_of(struct abi_call *out, const address *owner);
void erc20_call_allowance(struct abi_call *out, const address *owner, const address *spender);
/* In: ERC20_NAME, ERC20_SYMBOL, ERC20_DECIMALS or ERC20_TOTAL_SUPPLY. */
void erc20_call_getter(struct abi_call *out, enum erc20_selector getter);

/* What a token says of itself. Any part may be missing. */
struct erc20_metadata {
    char name[256]; /* cleaned UTF-8; "" with has_name false when the token has none */
    char symbol[256];
    bool has_name;
    bool has_symbol;
    int16_t decimals; /* 0 to U256_MAX_DECIMALS, or -1: unknown. Never assume 18. */
};

/* What nothing has been heard of yet. */
void erc20_metadata_init(struct erc20_metadata *metadata);

/* Takes in what a getter returned; what cannot be read as its type leaves that part missing. In: getter, ERC20_NAME,
 * ERC20_SYMBOL or ERC20_DECIMALS. */
void erc20_metadata_take(struct erc20_metadata *metadata, enum erc20_selector getter, const uint8_t *data, size_t len);

#endif
