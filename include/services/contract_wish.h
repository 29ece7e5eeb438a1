/* A contract as somebody wants it to be registered: a request, or the configuration. Plain value. */
#ifndef DAPPD_SERVICES_CONTRACT_WISH_H
#define DAPPD_SERVICES_CONTRACT_WISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eth/abi_type.h"
#include "eth/address.h"

/* Borrowed. */
struct contract_wish {
    address address;
    const char *name; /* NULL: none */
    const char *abi;  /* JSON text of an array; NULL: that of its implementation will do */
    size_t abi_len;
    bool proxy;  /* if it is one by EIP-1967, it is followed */
    bool events; /* its logs are indexed */
    bool has_from_block;
    uint64_t from_block;
};

/* What can be said of it without asking anybody. ERR_INVALID_ABI, or ERR_INVALID_PARAMETER for a name that is none or
 * an ABI that is not there, with a problem. Pure; any thread. */
enum err contract_wish_check(char problem[ABI_PROBLEM_BYTES], const struct contract_wish *wish) MUST_CHECK;

#endif
