/* What clients ask contracts, and what they are answered. Plain values; one request. */
#ifndef DAPPD_SERVICES_CONTRACT_CALL_H
#define DAPPD_SERVICES_CONTRACT_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "eth/address.h"
#include "eth/u256.h"

struct json_t;

/* A function by its name, by its name with types, or as a whole human-readable signature. */
struct named_function {
    const char *text; /* borrowed */
    size_t len;
    const struct json_t *args; /* an array or an object; NULL: none */
};

/* Who calls, and with what. */
struct call_sender {
    bool has_from; /* false: nobody in particular, the zero address */
    address from;
    bool has_value;
    u256 value; /* wei */
};

#endif
